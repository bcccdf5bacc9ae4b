//! The matrix on a larger organization: groups, order, filters, and what is supposed.

use std::sync::Arc;

use super::super::event::{Answer, Effect, Event, Shown, Slot};
use super::super::matrix::Grid;
use super::fixture;
use super::harness::Tui;
use crate::answer::{
    CellRow, Configured, Matrix, MatrixCell, MatrixColumn, MatrixFilter, MatrixRow, Privilege,
    StatedFact, Told, Verdict, Via,
};
use crate::workload::Phase;

/// Projects of `size` workspaces against OUs of `size` accounts. Workspace `n` reaches account `n`,
/// and the last one is an administrator of all accounts.
fn matrix(projects: usize, size: usize) -> Matrix {
    let all = projects * size;
    let row = |index: usize| MatrixRow {
        kind: crate::answer::PrincipalKind::Workspace,
        id: format!("ws-{index}"),
        selector: format!("tfc:acme/P{}/w{index:03}", index / size),
        project: format!("P{}", index / size),
        note: None,
        problems: vec![],
    };
    let column = |index: usize| MatrixColumn {
        id: format!("{index:012}"),
        name: format!("a{index:03}"),
        ou: format!("/O{}", index / size),
        not_read: index == 1,
    };
    let privilege = |own| if own { Privilege::Read } else { Privilege::Admin };
    let cell = |workspace: usize, account: usize| {
        MatrixCell::new(
            CellRow::of_runs(row(workspace).selector, Phase::Apply),
            format!("{account:012}"),
            Told {
                tags: Vec::new(),
                verdict: Verdict::Allowed,
                permitted: true,
                configured: if workspace == account { Configured::All } else { Configured::No },
                via: &[Via::Own],
                hops: Some(1),
                privilege: Some(privilege(workspace == account)),
                privilege_proven: Some(privilege(workspace == account)),
                role_count: 1,
                roles: [format!("arn:aws:iam::{account:012}:role/R")].into(),
                needs: Arc::default(),
                reason: None,
                broken: Box::default(),
            },
        )
    };
    let mut cells: Vec<MatrixCell> = (0..all).map(|index| cell(index, index)).collect();
    cells.extend((0..all - 1).map(|account| cell(all - 1, account)));
    Matrix {
        max_hops: 4,
        schema: "rolewalk/matrix/1",
        workspaces: (0..all).map(row).collect(),
        accounts: (0..all).map(column).collect(),
        cells,
        filter: MatrixFilter::default(),
        filtered: 0,
        scenario: Vec::new(),
        configuration: None,
        configuration_not_read: None,
        sources_left_out: 0,
        left_out: 0,
        truncated: false,
        not_read: Vec::new(),
    }
}

/// The screen on such a matrix.
fn on(matrix: Matrix, width: u16, height: u16) -> Tui {
    let mut tui = Tui::new(width, height);
    tui.hold = true;
    tui.keys("2");
    tui.hold = false;
    let held = std::mem::take(&mut tui.held);
    let asked = held.iter().find_map(|effect| match effect {
        Effect::Ask(Slot::Matrix, generation, _) => Some(*generation),
        _ => None,
    });
    let answer = Answer::Matrix(Arc::new(Grid::new(matrix)));
    tui.send(Event::Answered(Slot::Matrix, asked.unwrap(), Ok(answer)));
    tui
}

#[test]
fn many_rows_and_columns_are_closed_until_they_are_opened() {
    let mut tui = on(matrix(3, 20), 120, 24);
    insta::assert_snapshot!("matrix_closed", tui.screen());
    assert!(tui.footer().contains("enter open"), "{}", tui.footer());
    // First the row, then the column.
    tui.keys("enter");
    assert!(tui.row("w000").contains("●1"), "{}", tui.screen());
    tui.keys("enter");
    assert!(tui.screen().contains("a000"), "{}", tui.screen());
    insta::assert_snapshot!("matrix_opened", tui.screen());
    // Both are closed from any place within, and the cursor stays in the group.
    tui.keys("j j l - =");
    assert!(!tui.screen().contains("w001") && !tui.screen().contains("a001"));
    assert!(tui.row("→").contains("P0 (20 workspaces) → /O0 (20 accounts)"), "{}", tui.screen());
    tui.keys("L");
    assert!(tui.screen().contains("w001") && tui.screen().contains("a001"));
    tui.keys("H");
    assert!(!tui.screen().contains("w001"));
}

#[test]
fn few_are_open_and_headings_take_no_cursor() {
    let mut tui = on(matrix(2, 3), 120, 24);
    assert!(tui.row("→").contains("w000 → a000"), "{}", tui.screen());
    tui.keys("j j j");
    assert!(tui.row("→").contains("w003 → a000"), "{}", tui.screen());
    tui.keys("k");
    assert!(tui.row("→").contains("w002 → a000"));
    tui.keys("g");
    assert!(tui.row("→").contains("w000 → a000"));
}

/// The administrator of everything comes first, and so does what it is an administrator of.
#[test]
fn the_worst_comes_first_on_both_axes() {
    let mut tui = on(matrix(2, 3), 120, 24);
    let at = |tui: &Tui, text: &str| tui.screen().find(text).unwrap();
    tui.keys("s");
    assert!(at(&tui, "w005") < at(&tui, "w000"), "{}", tui.screen());
    assert!(tui.row("→").contains("w005 → a000"), "{}", tui.screen());
    tui.keys("u");
    assert!(tui.screen().contains("tfc:acme/P1/w005"), "names are whole without their projects");
    tui.keys("s");
    assert!(at(&tui, "w000") < at(&tui, "w005"));
}

#[test]
fn both_axes_are_filtered_and_say_when_nothing_fits() {
    let mut tui = on(matrix(3, 20), 120, 24);
    tui.keys("/").text("w01 > o0");
    tui.keys("enter");
    let screen = tui.screen();
    assert!(screen.contains("w010") && !screen.contains("w020"), "{screen}");
    assert!(screen.contains("a000") && !screen.contains("a020"), "{screen}");
    tui.keys("/").text("x");
    tui.keys("enter");
    assert!(tui.screen().contains("nothing has that name"));
    tui.keys("esc");
    assert!(tui.screen().contains("P2"));
}

/// What is left out is told from what is not there, and what was not read from both, also where
/// groups are closed.
#[test]
fn blank_is_not_none_and_none_is_not_unknown() {
    let mut tui = on(matrix(3, 20), 160, 24);
    tui.keys("m m");
    // Configured and permitted agree for all but the administrator.
    assert!(tui.row("→").contains("P0 (20 workspaces) → /O0 (20 accounts)  ? unknown"));
    tui.keys("j l");
    assert!(tui.row("→").contains("left out"), "{}", tui.row("→"));
    tui.keys("h");
    assert!(tui.row("→").contains("? unknown: an account was not read"), "{}", tui.row("→"));
    tui.keys("l l");
    assert!(tui.row("→").contains("no path"), "{}", tui.row("→"));
    tui.keys("j h h");
    assert!(tui.row("→").contains("20 places may be reached"), "{}", tui.row("→"));
}

#[test]
fn sources_without_a_row_are_counted() {
    let tui = on(matrix(2, 3), 80, 24);
    assert!(!tui.screen().contains("hidden"), "{}", tui.screen());
    let tui = on(Matrix { sources_left_out: 12, ..matrix(2, 3) }, 80, 24);
    assert!(tui.screen().contains("12 sources hidden"), "{}", tui.screen());
}

#[test]
fn the_other_phase_is_another_grid() {
    let mut tui = on(matrix(2, 3), 120, 24);
    tui.keys("p");
    assert!(tui.screen().contains("plan permitted"), "{}", tui.screen());
    assert!(tui.row("→").contains("no path"));
}

#[test]
fn the_legend_says_what_marks_mean() {
    let mut tui = on(matrix(2, 3), 120, 40);
    tui.keys("i");
    insta::assert_snapshot!("matrix_legend", tui.screen());
    tui.keys("esc");
    assert!(tui.row("→").contains("w000"));
}

fn mfa() -> StatedFact {
    StatedFact {
        key: "aws:MultiFactorAuthPresent".to_owned(),
        values: vec!["true".to_owned()],
        implied: false,
    }
}

/// What is typed is checked before anything is worked out, and input does not wait for that.
#[test]
fn what_is_supposed_is_worked_out_and_said() {
    let mut tui = on(matrix(2, 3), 120, 24);
    tui.keys("W").text("mfa 10.0.0.0/40");
    tui.keys("enter");
    assert!(tui.screen().contains("is not a network"), "{}", tui.screen());
    insta::assert_snapshot!("what_if_refused", tui.screen());
    tui.keys("backspace backspace").text("8 maybe");
    tui.keys("enter");
    assert!(tui.screen().contains("`maybe` states nothing"));
    tui.keys("ctrl-w backspace enter");
    let asked: Vec<_> = tui
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Load(None, scenario) => Some(scenario.keys.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(asked.len(), 1, "{:?}", tui.effects);
    assert_eq!(asked[0]["aws:sourceip"], ["10.0.0.0/8"]);
    assert!(asked[0].contains_key("aws:multifactorauthpresent"));
    tui.keys("j");
    assert!(tui.row("→").contains("w001 → a000"), "input goes on meanwhile");
    let shown = Shown { scenario: vec![mfa()], ..*fixture::shown() };
    tui.send(Event::Loaded(Ok(Box::new(shown))));
    assert!(tui.screen().lines().next().unwrap().contains("what if: MFA"), "{}", tui.screen());
    // The same again changes nothing.
    tui.keys("W enter");
    let again = tui.effects.iter().filter(|it| matches!(it, Effect::Load(None, _)));
    assert_eq!(again.count(), 1);
    tui.keys("W ctrl-u enter");
    let empty = |effect: &Effect| matches!(effect, Effect::Load(None, scenario) if scenario.keys.is_empty());
    assert!(tui.effects.iter().any(empty));
    tui.send(Event::Loaded(Ok(fixture::shown())));
    assert!(!tui.screen().contains("what if"));
}

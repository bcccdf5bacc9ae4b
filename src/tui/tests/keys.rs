//! What keys do.

use super::super::event::{Effect, Event};
use super::super::keys::Chord;
use super::super::session::ReportOf;
use super::fixture::{self, MEMBER};
use super::harness::Tui;

/// Ways to places where different things can be done.
const PLACES: [&str; 10] = [
    "",
    "tab",
    "j j j",
    "/ t f - m e m enter tab",
    "2 l l",
    "3",
    "/ t f - m e m enter tab / t f c : enter enter",
    "4",
    "5",
    "/ t f - m e m enter tab / b r e a k enter w",
];

#[test]
fn no_two_actions_of_one_place_share_a_key() {
    for place in PLACES {
        let mut tui = Tui::new(120, 40);
        tui.keys(place);
        let offers = tui.state.offers();
        for action in &offers {
            for chord in tui.state.keymap.keys(*action) {
                let meant: Vec<_> = tui
                    .state
                    .keymap
                    .actions(*chord)
                    .filter(|action| offers.contains(action))
                    .collect();
                assert_eq!(meant, [*action], "{chord} at {place:?}");
            }
        }
    }
}

#[test]
fn an_older_answer_does_not_replace_a_newer_one() {
    let mut tui = Tui::new(160, 45);
    tui.keys("/ t f - m e m enter");
    tui.hold = true;
    tui.keys("esc k j k");
    tui.hold = false;
    let last = tui.held.len() - 1;
    let newest = tui.state.organization.selector().unwrap().to_owned();
    tui.release([last, 0]);
    assert_eq!(tui.state.organization.selector(), Some(newest.as_str()));
    assert!(tui.state.requests.is_idle());
    assert!(!tui.row("─ Organization").contains("tf-member"));
}

#[test]
fn service_linked_roles_share_a_row() {
    let mut tui = Tui::new(160, 45);
    tui.keys("/ p r o d - n e t enter esc enter");
    assert!(tui.screen().contains("2 service-linked roles"));
    assert!(!tui.screen().contains("AWSServiceRoleForSupport"));
    tui.keys("L");
    assert!(tui.screen().contains("AWSServiceRoleForSupport"));
}

#[test]
fn folding_goes_to_the_parent_and_back() {
    let mut tui = Tui::new(80, 45);
    tui.keys("/ t f - m e m enter esc");
    assert_eq!(tui.state.organization.selector(), Some("prod-net/tf-member"));
    assert!(tui.screen().contains("tf-member "));
    tui.keys("h");
    assert_eq!(tui.state.organization.selector(), Some("account:prod-net"));
    tui.keys("h");
    assert!(!tui.screen().contains("tf-member "));
    tui.keys("l l");
    assert_eq!(tui.state.organization.selector(), Some("user:prod-net/ann"));
}

#[test]
fn history_walks_back_and_forth() {
    let mut tui = Tui::new(120, 40);
    tui.keys("/ t f - m e m enter b");
    assert!(tui.screen().contains("who can become prod-net/tf-member"));
    tui.keys("2 [");
    assert!(tui.screen().contains("who can become prod-net/tf-member"));
    tui.keys("[");
    assert_eq!(tui.state.organization.selector(), Some("prod-net/tf-member"));
    tui.keys("] ]");
    assert!(tui.screen().contains("[2 Matrix]"));
    tui.keys("esc");
    assert!(tui.screen().contains("[3 Paths]"));
}

#[test]
fn the_statement_that_decides_for_the_selected_caller_is_marked() {
    let mut tui = Tui::new(160, 60);
    tui.keys("/ t f - m e m enter tab");
    assert!(!tui.row("\"Sid\": \"Chain\"").contains('┃'));
    tui.keys("j j j j j j j j j");
    while !tui.state.about().way.is_some_and(|way| way.from.ends_with("tf-hub-apply")) {
        tui.keys("k");
    }
    assert!(tui.row("\"Sid\": \"Chain\"").contains('┃'));
    assert!(!tui.row("\"Sid\": \"Partner\"").contains('┃'));
}

#[test]
fn copying_offers_what_there_is() {
    let mut tui = Tui::new(120, 40);
    tui.keys("/ t f - m e m enter y");
    assert!(tui.screen().contains("trust policy"));
    tui.text("id").keys("enter");
    let copied =
        tui.effects.iter().any(|effect| matches!(effect, Effect::Copy(text) if text == MEMBER));
    assert!(copied, "{:?}", tui.effects);
}

#[test]
fn a_hop_of_a_path_can_be_copied_and_the_path_as_a_whole() {
    let mut tui = Tui::new(120, 40);
    tui.keys("3 i").text(fixture::SOURCE).keys("enter a").text("prod-net/tf-member");
    tui.keys("enter g j j y").text("path").keys("enter");
    let copied = tui.effects.iter().find_map(|effect| match effect {
        Effect::Copy(text) => Some(text.clone()),
        _ => None,
    });
    let path = copied.expect("something is copied");
    let stops: Vec<&str> = path.split(" → ").collect();
    assert!(stops.len() > 2 && stops.first() == Some(&fixture::SOURCE), "{path}");
    tui.keys("y enter");
    let is_stop =
        |effect: &Effect| matches!(effect, Effect::Copy(text) if stops.contains(&&**text));
    assert!(tui.effects.iter().any(is_stop), "{:?}", tui.effects);
}

#[test]
fn names_of_others_can_not_steer_the_terminal() {
    let mut tui = Tui::loading(120, 40);
    let mut shown = fixture::shown();
    shown.overview.name = "evil\u{1b}[2Jname\u{202e}".to_owned();
    tui.send(Event::Loaded(Ok(shown)));
    let screen = tui.screen();
    assert!(screen.contains("evil\\u{1b}[2Jname\\u{202e}"), "{screen}");
}

#[test]
fn a_filter_is_cleared_before_the_place_is_left() {
    let mut tui = Tui::new(120, 40);
    tui.keys("2 / x y enter");
    assert!(tui.screen().contains("nothing has that name"));
    tui.keys("esc");
    assert!(tui.screen().contains("net-prod"));
    tui.keys("esc");
    assert!(tui.screen().contains("[1 Organization]"));
}

#[test]
fn cells_that_can_not_be_known_are_not_called_empty() {
    let mut tui = Tui::new(160, 45);
    tui.keys("2");
    assert!(tui.screen().contains("· no path"));
    tui.keys("l l l");
    assert!(tui.screen().contains("? unknown: the account was not read"));
    tui.keys("j");
    assert!(tui.screen().contains("? unknown: static keys"));
}

#[test]
fn a_pasted_error_is_explained_wherever_one_is() {
    let mut tui = Tui::loading(120, 40);
    tui.send(Event::Paste("AccessDenied".to_owned()));
    let screen = tui.screen();
    assert!(screen.contains("the trust policy names another role"), "{screen}");
    assert!(screen.contains("the call could not be put to it"), "{screen}");
}

#[test]
fn what_an_error_leaves_out_is_asked_for() {
    let mut tui = Tui::new(120, 40);
    tui.send(Event::Paste("AccessDenied".to_owned()));
    let screen = tui.screen();
    assert!(screen.contains("? the text names no caller"), "{screen}");
    assert!(screen.contains("→ choose the caller, or type it"), "{screen}");
    // A workspace calls in one of two phases.
    tui.keys("s").text("net-prod").keys("enter");
    assert!(tui.screen().contains("in which phase"), "{}", tui.screen());
    tui.keys("down enter");
    let screen = tui.screen();
    assert!(screen.contains("given caller tfc:acme/"), "{screen}");
    assert!(screen.contains("net-prod:plan"), "{screen}");
    assert!(!screen.contains("names no caller"), "{screen}");
    // Another error is another call.
    tui.send(Event::Paste("AccessDenied".to_owned()));
    assert!(tui.screen().contains("? the text names no caller"), "{}", tui.screen());
}

#[test]
fn a_pasted_error_shows_neither_colours_nor_secrets() {
    let mut tui = Tui::new(120, 40);
    tui.keys("4");
    let key = format!("AKIA{}", "A".repeat(16));
    tui.send(Event::Paste(format!(
        "\u{1b}[31m╷\u{1b}[0m\n\u{1b}[1mAccessDenied\u{1b}[0m by {key}"
    )));
    let screen = tui.screen();
    assert!(screen.contains("AccessDenied by [redacted]"), "{screen}");
    assert!(!screen.contains("u{1b}") && !screen.contains(&key), "{screen}");
}

#[test]
fn typing_an_error_by_hand_keeps_keys_from_acting() {
    let mut tui = Tui::new(120, 40);
    tui.keys("4 i").text("q AccessDenied 2").keys("esc");
    assert!(tui.effects.is_empty(), "{:?}", tui.effects);
    assert!(tui.screen().contains("the trust policy names another role"));
}

#[test]
fn nothing_is_probed_before_it_was_confirmed() {
    let mut tui = Tui::new(120, 40);
    tui.keys("/ t f - m e m enter tab / t f c : enter t");
    assert!(tui.screen().contains("Nothing will be called"));
    tui.keys("esc 5");
    assert!(tui.screen().contains("Nothing was probed yet"));
}

#[test]
fn a_wrong_name_is_answered_with_the_nearest() {
    let mut tui = Tui::new(120, 40);
    tui.keys("3 i").text("nobody").keys("down enter a").text("prod-net/tf-member").keys("enter");
    let screen = tui.screen();
    assert!(screen.contains("did you mean `somebody`?"), "{screen}");
}

#[test]
fn leaving_waits_for_a_report_but_not_for_ever() {
    let quits = |tui: &Tui| matches!(tui.effects.last(), Some(Effect::Quit));
    let leaving = || {
        let mut tui = Tui::new(120, 40);
        tui.keys("e q");
        assert!(!quits(&tui) && tui.footer().contains("finishing the report"), "{}", tui.footer());
        tui
    };
    let mut tui = leaving();
    tui.send(Event::Exported(Ok("report.md".to_owned())));
    assert!(quits(&tui));
    assert_eq!(tui.state.unsaid_report(), Some(Ok("report.md".to_owned())));

    let mut tui = leaving();
    tui.keys("q");
    assert!(quits(&tui));
    assert!(tui.state.unsaid_report().unwrap().is_err());

    let mut tui = leaving();
    tui.send(Event::Tick("2026-03-01T14:00:20Z".parse().unwrap()));
    assert!(!quits(&tui));
    tui.send(Event::Tick("2026-03-01T14:00:31Z".parse().unwrap()));
    assert!(quits(&tui));
    assert!(tui.state.unsaid_report().unwrap().is_err());

    let mut tui = Tui::new(120, 40);
    tui.keys("e");
    tui.send(Event::Exported(Ok("report.md".to_owned())));
    tui.keys("q");
    assert!(quits(&tui));
    assert_eq!(tui.state.unsaid_report(), None, "it was said on the screen");
}

/// A list is ordered beside the screens, so who types fast is ahead of it.
#[test]
fn what_is_picked_is_of_what_was_typed_however_fast() {
    let mut tui = Tui::new(120, 40);
    tui.hold = true;
    tui.keys(":").text("tf-hub-apply").keys("enter");
    assert!(tui.screen().contains("› tf-hub-apply"), "it waits: {}", tui.screen());
    tui.hold = false;
    let last = tui.held.len() - 1;
    tui.release([last]);
    let screen = tui.screen();
    assert!(!screen.contains("› tf-hub-apply") && screen.contains("▌"), "{screen}");
    let chosen = screen.lines().find(|line| line.contains('▌')).unwrap().to_owned();
    assert!(chosen.contains("tf-hub-apply"), "{screen}");
}

#[test]
fn a_selector_that_stands_in_no_list_is_taken_as_it_is_written() {
    for (text, from) in [
        ("anyone", "anyone"),
        ("service:ec2.amazonaws.com", "service:ec2.amazonaws.com"),
        ("prod-*/tf-*", "prod-*/tf-*"),
        (MEMBER, "prod-net/tf-member"),
        // A part of a name stands for what has it.
        ("tf-memb", "prod-net/tf-member"),
    ] {
        let mut tui = Tui::new(120, 40);
        tui.keys("3 i").text(text).keys("enter");
        assert_eq!(tui.state.paths.from.as_deref(), Some(from), "{text}");
    }
}

#[test]
fn control_c_leaves_wherever_text_is_typed() {
    for keys in ["", "/ a", "2 / a", ": a", "?", "3 i a", "W a", "4 i a", "z"] {
        let mut tui = Tui::new(120, 40);
        tui.keys(keys).keys("ctrl-c");
        assert!(matches!(tui.effects.as_slice(), [Effect::Quit]), "{keys}: {:?}", tui.effects);
    }
    let mut tui = Tui::loading(120, 40);
    tui.send(Event::Loaded(Err(super::super::session::LoadError::NoSnapshot)));
    tui.keys("i a ctrl-c");
    assert!(matches!(tui.effects.last(), Some(Effect::Quit)), "{:?}", tui.effects);
}

#[test]
fn keys_without_a_meaning_here_say_so() {
    let mut tui = Tui::new(120, 40);
    tui.keys("w");
    assert!(tui.footer().contains("has nothing to work on here"));
    tui.send(Event::Key(Chord::parse("Q").unwrap()));
    assert!(tui.footer().contains("? lists what can be done"));
    tui.keys("q");
    assert!(matches!(tui.effects.as_slice(), [Effect::Quit]));
}

#[test]
fn a_report_is_of_what_is_shown() {
    let mut tui = Tui::new(120, 40);
    tui.keys("3 i").text("tfc:acme/a/b:apply").keys("enter e");
    let of = |tui: &Tui| match tui.effects.last() {
        Some(Effect::Export(of)) => Some(of.clone()),
        _ => None,
    };
    assert_eq!(of(&tui), Some(ReportOf::From("tfc:acme/a/b:apply".to_owned())));
    tui.send(Event::Exported(Ok("report.md".to_owned())));
    tui.keys("a").text("arn:aws:iam::1:role/x").keys("enter e");
    let (from, to) = ("tfc:acme/a/b:apply".to_owned(), "arn:aws:iam::1:role/x".to_owned());
    assert_eq!(of(&tui), Some(ReportOf::Between(from, to)));
    tui.send(Event::Exported(Ok("report.md".to_owned())));
    // A pasted error is in no report.
    let before = tui.effects.len();
    tui.keys("4 e");
    assert!(tui.screen().contains("has nothing to work on here"), "{}", tui.screen());
    assert_eq!(tui.effects.len(), before);
}

//! What the main screens look like.

use super::super::event::Event;
use super::super::session::{LoadError, LoadStep};
use super::fixture;
use super::harness::Tui;
use crate::snapshot::Progress;

macro_rules! looks {
    ($name:ident, $width:literal x $height:literal, $keys:literal) => {
        #[test]
        fn $name() {
            let mut tui = Tui::new($width, $height);
            tui.keys($keys);
            insta::assert_snapshot!(tui.screen());
        }
    };
}

looks!(overview_wide, 160 x 45, "");
looks!(tree_small, 80 x 24, "");
looks!(account_wide, 160 x 45, "/ p r o d - n e t enter");
looks!(role_wide, 160 x 45, "/ t f - m e m enter");
looks!(role_small, 80 x 24, "/ t f - m e m enter tab");
looks!(workspace_wide, 160 x 45, "/ n e t - p r o d enter");
looks!(matrix_wide, 160 x 45, "2 l l");
looks!(matrix_small, 80 x 24, "2 l l");
looks!(paths_wide, 160 x 45, "/ t f - m e m enter tab / t f c : enter enter");
looks!(topology_wide, 160 x 45, "tab / t h r o u g h enter enter");
looks!(topology_small, 80 x 24, "T");
looks!(help_small, 80 x 24, "?");
looks!(palette_small, 80 x 24, ": m e m b e r");

#[test]
fn path_with_open_hop() {
    let mut tui = Tui::new(120, 45);
    tui.keys("3 i").text(fixture::SOURCE).keys("enter a").text("prod-net/tf-member");
    tui.keys("enter enter");
    insta::assert_snapshot!(tui.screen());
}

#[test]
fn denied_path_shows_what_blocks() {
    let mut tui = Tui::new(120, 30);
    tui.keys("/ t f - m e m enter tab / b r e a k enter enter");
    insta::assert_snapshot!(tui.screen());
}

#[test]
fn why_wide() {
    let mut tui = Tui::new(160, 45);
    tui.keys("/ t f - m e m enter tab / b r e a k enter w");
    insta::assert_snapshot!(tui.screen());
}

#[test]
fn troubleshoot_wide() {
    let mut tui = Tui::new(160, 45);
    tui.send(Event::Paste(
        "Error: operation error STS: AssumeRole\r\n\r\nAccessDenied: User is not authorized".into(),
    ));
    insta::assert_snapshot!(tui.screen());
}

#[test]
fn probe_asks_and_then_says_that_nothing_was_called() {
    let mut tui = Tui::new(120, 30);
    tui.keys("/ t f - m e m enter tab / t f c : enter t");
    insta::assert_snapshot!("probe_question", tui.screen());
    tui.keys("enter");
    insta::assert_snapshot!("probe_done", tui.screen());
}

#[test]
fn first_frame_and_first_run() {
    let mut tui = Tui::loading(80, 24);
    assert!(tui.screen().contains("loading the snapshot"));
    tui.send(Event::Loading(LoadStep::Chosen("snapshot 3 of o-a1b2c3d4e5".to_owned())));
    for (step, text) in [
        (Progress::Roles { read: 0, all: 0 }, "reading roles: 0 of 0 "),
        (Progress::Roles { read: 2_999, all: 3_000 }, "reading roles: 2,999 of 3,000 (99 %)"),
        (Progress::Documents { read: 7, all: 7 }, "reading policies: 7 of 7 (100 %)"),
    ] {
        tui.send(Event::Loading(LoadStep::Reading(step)));
        let screen = tui.screen();
        assert!(screen.contains(text) && screen.contains("snapshot 3 of o-a1"), "{screen}");
    }
    tui.send(Event::Loading(LoadStep::Graph));
    assert!(tui.screen().contains("finding out who can become whom"));
    tui.send(Event::Loaded(Err(LoadError::NoSnapshot)));
    insta::assert_snapshot!(tui.screen());
}

#[test]
fn ascii_draws_ascii_only() {
    let mut tui = Tui::with(120, 40, true);
    tui.send(Event::Loaded(Ok(fixture::shown())));
    for keys in ["", "L", "2", "3", "4", "5", "?"] {
        tui.keys(keys);
        let screen = tui.screen();
        let odd: String = screen.chars().filter(|char| !char.is_ascii()).collect();
        assert_eq!(odd, "", "after {keys}:\n{screen}");
    }
}

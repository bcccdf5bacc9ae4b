//! Any size draws.

use proptest::prelude::*;

use super::super::event::Event;
use super::harness::Tui;

/// Ways to every screen and overlay.
const WAYS: [&str; 12] = [
    "",
    "L G tab G",
    "2 l l j",
    "2 s m p",
    "/ t f - m e m enter tab / t f c : enter enter",
    "/ t f - m e m enter tab / t f c : enter enter enter z",
    "/ t f - m e m enter tab / b r e a k enter w",
    "/ t f - m e m enter tab / t f c : enter t",
    "/ t f - m e m enter tab / t f c : enter t enter",
    ": p r o",
    "?",
    "/ x y z",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_screen_draws_at_any_size(
        width in 1u16..=200,
        height in 1u16..=60,
        way in 0..WAYS.len(),
        pasted in proptest::bool::ANY,
    ) {
        let mut tui = Tui::new(100, 30);
        tui.keys(WAYS[way]);
        if pasted {
            tui.send(Event::Paste("AccessDenied\n\u{1b}[31m名前".repeat(20)));
        }
        tui.send(Event::Resize(width, height));
        prop_assert_eq!(tui.screen().lines().count(), usize::from(height));
    }
}

#[test]
fn a_small_terminal_is_told_what_is_needed() {
    let mut tui = Tui::new(59, 15);
    assert!(tui.screen().contains("needs 60x15"));
    tui.send(Event::Resize(60, 15));
    assert!(tui.screen().contains("[1 Organization]"));
}

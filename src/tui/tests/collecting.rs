//! Crawls and imports, with news that are made by hand.

use std::time::Duration;

use super::super::event::{Effect, Event};
use super::super::session::{
    CrawlEnd, CrawlOutline, Imported, LoadError, Missing, News, Refusal, ToMend, Wanted, Which,
};
use super::fixture::{self, MEMBER};
use super::harness::Tui;
use crate::org::NotReadKind;

const ACCOUNTS: [(&str, &str); 6] = [
    ("111111111111", "management"),
    ("222222222222", "tfc-hub"),
    ("333333333333", "prod-net"),
    ("444444444444", "prod-data"),
    ("555555555555", "dev-net"),
    ("666666666666", "closed-one"),
];

fn outline() -> CrawlOutline {
    let lines = [
        ("reads as", "arn:aws:sts::111111111111:assumed-role/admin/ann"),
        ("directly", "its own account"),
        ("by assuming", "`rolewalk-read` in 5 accounts, as session `rolewalk-collect`"),
    ];
    CrawlOutline {
        lines: lines.map(|(label, text)| (label.to_owned(), text.to_owned())).into(),
        accounts: ACCOUNTS.map(|(id, name)| (id.to_owned(), name.to_owned())).into(),
    }
}

fn denied() -> Missing {
    Missing {
        kind: NotReadKind::Denied,
        call: "sts:AssumeRole".to_owned(),
        message: "AccessDenied: not authorized to perform: sts:AssumeRole".to_owned(),
        next: "deploy the read role there (`rolewalk permissions` prints it)".to_owned(),
    }
}

fn read(account: usize, roles: usize) -> News {
    let elapsed = Duration::from_millis(1_200);
    News::Read { account: ACCOUNTS[account].0.to_owned(), roles, users: 2, gaps: vec![], elapsed }
}

fn started(account: usize) -> News {
    News::Started { account: ACCOUNTS[account].0.to_owned() }
}

fn ended() -> CrawlEnd {
    CrawlEnd {
        snapshot: "8".to_owned(),
        complete: false,
        read: 4,
        roles: 54,
        failures: vec![ToMend {
            what: "denied sts:AssumeRole AccessDenied".to_owned(),
            message: "not authorized to perform: sts:AssumeRole".to_owned(),
            accounts: vec!["444444444444".to_owned()],
            place: String::new(),
            next: denied().next,
        }],
        requests: 61,
        retries: 3,
        elapsed: Duration::from_secs(14),
        ..CrawlEnd::default()
    }
}

impl Tui {
    fn first_run(width: u16, height: u16) -> Self {
        let mut tui = Self::loading(width, height);
        tui.state.demo = false;
        tui.send(Event::Loaded(Err(LoadError::NoSnapshot)));
        tui
    }

    fn news(&mut self, news: impl IntoIterator<Item = News>) {
        for one in news {
            self.send(Event::Crawl(one));
        }
    }

    /// The number under which a crawl was asked to be planned.
    fn planned(&self) -> (usize, Wanted) {
        let planned = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::PlanCrawl(number, wanted) => Some((*number, wanted.clone())),
            _ => None,
        });
        planned.expect("a plan was asked for")
    }

    /// Asks with a key, answers the plan, and says yes.
    fn begin(&mut self, key: &str) {
        self.keys(key);
        let (number, _) = self.planned();
        self.send(Event::CrawlPlanned(number, Ok(outline())));
        self.keys("enter");
        assert!(matches!(self.effects.last(), Some(Effect::RunCrawl(run)) if *run == number));
    }

    fn loads(&self) -> Vec<Which> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Load(which, _) => which.clone(),
                _ => None,
            })
            .collect()
    }

    fn at(&mut self, time: &str) {
        self.send(Event::Tick(format!("2026-03-01T{time}Z").parse().unwrap()));
    }
}

fn of_snapshot(number: &str) -> Which {
    Which::Snapshot(number.to_owned())
}

/// A crawl of a first run, in the middle of it.
fn middle(tui: &mut Tui) {
    tui.begin("c");
    tui.news([
        News::Snapshot("8".to_owned()),
        started(0),
        started(1),
        started(2),
        started(3),
        read(0, 12),
        read(1, 31),
    ]);
    tui.news([News::NotRead { account: ACCOUNTS[3].0.to_owned(), gap: denied() }, started(4)]);
    tui.at("14:00:06");
}

#[test]
fn the_first_run_says_who_one_is_and_offers_three_things() {
    let mut tui = Tui::first_run(80, 24);
    assert!(matches!(tui.effects.as_slice(), [Effect::AskCaller]));
    assert!(tui.screen().contains("asking AWS"));
    let arn = "arn:aws:sts::111111111111:assumed-role/admin/ann".to_owned();
    tui.send(Event::Caller(Ok(arn)));
    insta::assert_snapshot!("first_run", tui.screen());
    tui.keys("d");
    assert_eq!(tui.loads(), [Which::Sample]);
    assert!(tui.screen().contains("loading the snapshot"));
    tui.send(Event::Loaded(Ok(fixture::shown())));
    assert!(tui.screen().contains("DEMO"));

    let mut tui = Tui::first_run(160, 45);
    tui.send(Event::Caller(Err("no credentials were found".to_owned())));
    assert!(tui.row("not known").contains("no credentials were found"));
    // Each row does what it says.
    tui.keys("j enter");
    assert!(tui.screen().contains("import a dump directory"));
    tui.keys("esc k enter");
    assert_eq!(tui.planned().1, Wanted::Everything);
}

#[test]
fn nothing_is_read_before_it_was_said_what_and_agreed_to() {
    let mut tui = Tui::first_run(80, 24);
    tui.keys("c enter enter");
    assert!(tui.screen().contains("finding out who is calling"));
    let (number, _) = tui.planned();
    tui.send(Event::CrawlPlanned(number + 1, Ok(outline())));
    assert!(tui.screen().contains("finding out who is calling"), "another question's answer");
    tui.send(Event::CrawlPlanned(number, Ok(outline())));
    insta::assert_snapshot!("collect_question", tui.screen());
    tui.keys("esc");
    assert!(!tui.effects.iter().any(|effect| matches!(effect, Effect::RunCrawl(_))));

    tui.keys("c");
    let (number, _) = tui.planned();
    let hints = vec!["renew the credentials".to_owned()];
    let refusal = Refusal { message: "cannot tell whom AWS sees".to_owned(), hints };
    tui.send(Event::CrawlPlanned(number, Err(refusal)));
    assert!(tui.screen().contains("renew the credentials"));
    assert!(!tui.footer().contains("start"), "{}", tui.footer());
    tui.keys("enter");
    assert!(!tui.effects.iter().any(|effect| matches!(effect, Effect::RunCrawl(_))));
}

#[test]
fn accounts_are_shown_as_they_arrive() {
    for (width, height) in [(80, 24), (160, 45)] {
        let mut tui = Tui::first_run(width, height);
        middle(&mut tui);
        insta::assert_snapshot!(format!("collecting_{width}"), tui.screen());
    }
}

#[test]
fn the_cursor_stays_on_its_account_while_others_arrive() {
    let mut tui = Tui::first_run(160, 45);
    middle(&mut tui);
    tui.keys("j j j");
    let selected = tui.state.about().selector.unwrap();
    assert_eq!(selected, "444444444444", "what failed stands above what was read");
    assert!(tui.screen().contains("to do: deploy the read role there"));
    tui.news([read(2, 5), started(5), read(4, 6)]);
    assert_eq!(tui.state.about().selector, Some(selected));
}

#[test]
fn how_it_ended_is_grouped_by_what_to_do() {
    for (width, height) in [(80, 24), (160, 45)] {
        let mut tui = Tui::first_run(width, height);
        middle(&mut tui);
        tui.news([read(2, 5), read(4, 6)]);
        tui.send(Event::CrawlDone(Ok(Box::new(ended()))));
        // One was on its way, and then comes the finished one.
        tui.send(Event::Loaded(Ok(fixture::snapshot("8"))));
        tui.send(Event::Loaded(Ok(fixture::snapshot("8"))));
        insta::assert_snapshot!(format!("collected_{width}"), tui.screen());
        assert_eq!(tui.loads().last(), Some(&of_snapshot("8")), "the finished one is loaded last");
    }
}

#[test]
fn the_tree_fills_while_accounts_are_read() {
    let mut tui = Tui::first_run(120, 40);
    tui.begin("c");
    tui.news([News::Snapshot("8".to_owned()), started(0)]);
    assert_eq!(tui.loads(), []);
    tui.news([News::Organization("o-a1b2c3d4e5: 6 accounts".to_owned())]);
    assert_eq!(tui.loads(), [of_snapshot("8")]);
    // While one is loaded, no other is begun, and only the newest waits.
    tui.news([read(0, 12), read(1, 31)]);
    assert_eq!(tui.loads().len(), 1);
    tui.send(Event::Loaded(Ok(fixture::snapshot("8"))));
    assert_eq!(tui.loads().len(), 2);
    tui.send(Event::Loaded(Ok(fixture::snapshot("8"))));
    assert_eq!(tui.loads().len(), 2);
    tui.keys("1");
    let screen = tui.screen();
    assert!(screen.contains("prod-net") && screen.contains("reading 2 of 6 accounts"), "{screen}");
    assert!(!screen.contains("DEMO"), "{screen}");
}

#[test]
fn a_whole_tree_is_not_taken_away_for_one_that_begins() {
    let mut tui = Tui::loading(120, 40);
    tui.send(Event::Loaded(Ok(fixture::snapshot("7"))));
    tui.begin("c");
    tui.news([News::Snapshot("8".to_owned()), News::Organization("o-1".to_owned()), read(0, 1)]);
    assert_eq!(tui.loads(), []);
    tui.send(Event::CrawlDone(Ok(Box::new(ended()))));
    assert_eq!(tui.loads(), [of_snapshot("8")]);
}

#[test]
fn a_crawl_that_is_gone_on_with_fills_the_tree_that_it_left() {
    for (shown, loads) in [("8", vec![of_snapshot("8")]), ("7", vec![])] {
        let mut tui = Tui::loading(120, 40);
        tui.send(Event::Loaded(Ok(fixture::snapshot(shown))));
        tui.begin("R");
        tui.news([News::Snapshot("8".to_owned()), read(0, 1)]);
        assert_eq!(tui.loads(), loads, "while {shown} is shown");
    }
}

#[test]
fn one_account_is_read_again_and_everything_stays_in_place() {
    let mut tui = Tui::loading(160, 45);
    tui.send(Event::Loaded(Ok(fixture::snapshot("7"))));
    tui.keys("/ t f - m e m enter esc tab j j j j");
    let before = tui.screen();
    tui.keys("r");
    let account = Wanted::Account {
        id: "333333333333".to_owned(),
        name: "prod-net".to_owned(),
        snapshot: Some("7".to_owned()),
    };
    let (number, wanted) = tui.planned();
    assert_eq!(wanted, account);
    let mut one = outline();
    one.accounts.retain(|(id, _)| id == "333333333333");
    tui.send(Event::CrawlPlanned(number, Ok(one)));
    insta::assert_snapshot!("reread_question", tui.screen());
    tui.keys("enter");
    assert!(tui.screen().contains("reading prod-net again"));
    tui.news([News::Snapshot("8".to_owned()), started(2), read(2, 5)]);
    assert_eq!(tui.loads(), [], "it is loaded once, at the end");
    let end = CrawlEnd { read: 1, complete: true, failures: vec![], ..ended() };
    tui.send(Event::CrawlDone(Ok(Box::new(end))));
    tui.send(Event::Loaded(Ok(fixture::snapshot("8"))));
    assert!(tui.footer().contains("prod-net was read again"), "{}", tui.footer());
    assert_eq!(tui.loads(), [of_snapshot("8")]);
    assert_eq!(tui.state.organization.selector(), Some("prod-net/tf-member"));
    let lines = |screen: &str| {
        let lines: Vec<String> = screen.lines().map(str::to_owned).collect();
        lines[2..lines.len() - 1].join("\n")
    };
    assert_eq!(lines(&tui.screen()), lines(&before), "cursor, scroll and panes");
}

#[test]
fn a_snapshot_that_takes_long_to_load_says_so() {
    let mut tui = Tui::loading(120, 40);
    tui.send(Event::Loaded(Ok(fixture::snapshot("7"))));
    tui.begin("c");
    tui.send(Event::CrawlDone(Ok(Box::new(ended()))));
    assert!(!tui.screen().contains("loading"), "most are there at once");
    for _ in 0..4 {
        tui.at("14:00:09");
    }
    assert!(tui.screen().contains("loading the new snapshot"));
    let message = "the disk is gone".to_owned();
    tui.send(Event::Loaded(Err(LoadError::Failed { message, hints: vec![] })));
    assert!(tui.footer().contains("the disk is gone"), "{}", tui.footer());
    assert!(tui.screen().contains("AWS 3 of 4 accounts"), "what was shown stays");
}

#[test]
fn an_account_that_can_no_longer_be_read_keeps_what_is_shown() {
    let mut tui = Tui::loading(160, 45);
    tui.send(Event::Loaded(Ok(fixture::snapshot("7"))));
    tui.keys("/ t f - m e m enter esc");
    tui.begin("r");
    tui.news([News::Snapshot("8".to_owned())]);
    let end = CrawlEnd { read: 0, ..ended() };
    tui.send(Event::CrawlDone(Ok(Box::new(end))));
    assert_eq!(tui.loads(), []);
    assert!(tui.footer().contains("denied sts:AssumeRole"), "{}", tui.footer());
}

#[test]
fn the_sample_says_why_nothing_of_it_is_read_again() {
    let mut tui = Tui::new(120, 40);
    tui.keys("/ t f - m e m enter r");
    assert!(tui.screen().contains("nowhere to be read"));
    tui.keys("enter");
    assert!(tui.effects.is_empty(), "{:?}", tui.effects);
}

#[test]
fn things_that_stay_keep_their_place_in_the_paths_and_the_matrix() {
    let mut tui = Tui::loading(120, 40);
    tui.send(Event::Loaded(Ok(fixture::snapshot("7"))));
    for keys in ["2 l l j", "3 a"] {
        tui.keys(keys);
        if keys.ends_with('a') {
            tui.text(MEMBER).keys("enter j");
        }
        let before = (tui.state.place(), tui.state.about(), tui.screen());
        tui.send(Event::Loaded(Ok(fixture::snapshot("8"))));
        assert_eq!((tui.state.place(), tui.state.about(), tui.screen()), before);
    }
}

#[test]
fn leaving_while_accounts_are_read_asks_once() {
    let quits = |tui: &Tui| tui.effects.iter().any(|effect| matches!(effect, Effect::Quit));
    let stops = |tui: &Tui| tui.effects.iter().any(|effect| matches!(effect, Effect::StopCrawl));
    let mut tui = Tui::first_run(80, 24);
    middle(&mut tui);
    tui.keys("q");
    assert!(!quits(&tui));
    insta::assert_snapshot!("leave_question", tui.screen());
    tui.keys("esc");
    assert!(!tui.screen().contains("leave while") && !stops(&tui));
    tui.keys("q q");
    assert!(quits(&tui) && !stops(&tui), "at once");

    let mut tui = Tui::first_run(80, 24);
    middle(&mut tui);
    tui.keys("ctrl-c enter");
    assert!(stops(&tui) && !quits(&tui), "first what is in hand");
    tui.send(Event::CrawlDone(Ok(Box::new(ended()))));
    assert!(quits(&tui));
}

#[test]
fn a_crawl_is_stopped_from_its_screen_and_gone_on_with() {
    let mut tui = Tui::first_run(80, 24);
    middle(&mut tui);
    tui.keys("x");
    assert!(matches!(tui.effects.last(), Some(Effect::StopCrawl)));
    assert!(tui.screen().contains("stopping"));
    let end = CrawlEnd { left: 2, ..ended() };
    tui.send(Event::CrawlDone(Ok(Box::new(end))));
    let screen = tui.screen();
    assert!(screen.contains("2 accounts not begun: R reads the rest"), "{screen}");
    tui.keys("R");
    assert_eq!(tui.planned().1, Wanted::Missing);
}

#[test]
fn a_directory_that_can_not_be_imported_can_be_typed_again() {
    let mut tui = Tui::first_run(80, 24);
    tui.keys("i");
    tui.send(Event::Paste("/tmp/dump".to_owned()));
    tui.keys("enter enter");
    let imports = tui.effects.iter().filter(|effect| matches!(effect, Effect::Import(_))).count();
    assert_eq!(imports, 1);
    let message = "`/tmp/dump` is no directory".to_owned();
    tui.send(Event::Imported(Err(Refusal { message, hints: vec![] })));
    insta::assert_snapshot!("import_refused", tui.screen());
    tui.text("s").keys("enter");
    assert!(matches!(tui.effects.last(), Some(Effect::Import(typed)) if typed == "/tmp/dumps"));
    tui.send(Event::Imported(Ok(Imported {
        snapshot: "1".to_owned(),
        text: "2 accounts, 9 roles; 1 damaged part left out".to_owned(),
        problems: vec!["accounts/1.json: not JSON".to_owned()],
    })));
    assert_eq!(tui.loads(), [of_snapshot("1")]);
    assert!(tui.screen().contains("accounts/1.json: not JSON"));
    tui.send(Event::Loaded(Ok(fixture::snapshot("1"))));
    assert!(tui.screen().contains("accounts/1.json: not JSON"), "it is not read yet");
    tui.keys("enter");
    assert!(tui.screen().contains("prod-net"));
}

#[test]
fn crawls_are_drawn_in_ascii_too() {
    let mut tui = Tui::with(120, 40, true);
    tui.send(Event::Loaded(Err(LoadError::NoSnapshot)));
    let mut screens = vec![tui.screen()];
    tui.keys("i");
    screens.push(tui.screen());
    tui.keys("esc");
    middle(&mut tui);
    screens.push(tui.screen());
    tui.send(Event::CrawlDone(Ok(Box::new(ended()))));
    screens.push(tui.screen());
    for screen in screens {
        let odd: String = screen.chars().filter(|char| !char.is_ascii()).collect();
        assert_eq!(odd, "", "{screen}");
    }
}

/// Ways to every form of the screens of a crawl.
fn forms() -> Vec<Tui> {
    let forms: [fn(&mut Tui); 9] = [
        |_| {},
        |tui| {
            tui.keys("c");
        },
        |tui| {
            tui.keys("i");
        },
        |tui| {
            tui.keys("0");
        },
        middle,
        |tui| {
            middle(tui);
            tui.keys("j j j tab");
        },
        |tui| {
            middle(tui);
            tui.keys("q");
        },
        |tui| {
            middle(tui);
            tui.send(Event::CrawlDone(Ok(Box::new(ended()))));
        },
        |tui| {
            middle(tui);
            tui.send(Event::CrawlDone(Err(Refusal::default())));
        },
    ];
    let made = forms.map(|form| {
        let mut tui = Tui::first_run(100, 30);
        form(&mut tui);
        tui
    });
    made.into()
}

#[test]
fn no_two_actions_of_one_form_share_a_key() {
    for tui in forms() {
        let offers = tui.state.offers();
        for action in &offers {
            for chord in tui.state.keymap.keys(*action) {
                let meant = tui.state.keymap.actions(*chord);
                let meant: Vec<_> = meant.filter(|action| offers.contains(action)).collect();
                assert_eq!(meant, [*action], "{chord} at\n{}", tui.screen());
            }
        }
    }
}

#[test]
fn every_form_draws_at_any_size() {
    for mut tui in forms() {
        for (width, height) in [(1, 1), (3, 60), (60, 15), (61, 16), (99, 15), (100, 40), (200, 60)]
        {
            tui.send(Event::Resize(width, height));
            assert_eq!(tui.screen().lines().count(), usize::from(height));
        }
    }
}

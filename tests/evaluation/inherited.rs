//! What sessions carry along a path, case by case: source identities, tags and transitive tags
//! (rules T5, K4, K7, C4 and D11).

use crate::fixture::{along, along_with_caveats, needs_along};

/// `ann` becomes `R`, `R` becomes `S` and `S` becomes `T`, all in one account; a statement of
/// each trust policy after who it is for.
fn chain(r: &str, s: &str, t: &str) -> String {
    let role = |name: &str, from: &str, statement: &str| {
        let statement = statement.replacen("from", &format!("from {from}"), 1);
        format!("role A/{name}\n tp: {statement}\n")
    };
    let (r, s, t) = (
        role("R tag:team=r", "A/user/ann", r),
        role("S", "A/role/R", s),
        role("T tag:team=t", "A/role/S", t),
    );
    format!("user A/ann\n{r}{s}{t}")
}

const TWO: &str = "user A/ann -> A/R -> A/S";
const THREE: &str = "user A/ann -> A/R -> A/S -> A/T";

/// Asserts the verdict of a path over the three roles.
#[track_caller]
fn path(r: &str, s: &str, t: &str, hops: &str, expected: &str) {
    let fixture = chain(r, s, t);
    assert_eq!(along(&fixture, hops).to_string(), expected, "{hops}\n{fixture}");
}

const PLAIN: &str = "Allow sts:AssumeRole from";
const NAMED: &str = "Allow sts:AssumeRole,sts:SetSourceIdentity from";
const TAGGED: &str = "Allow sts:AssumeRole,sts:TagSession from";
const NOBODY: &str = "Allow s3:* from";

#[test]
fn nobody_has_to_pass_anything() {
    for first in [PLAIN, NAMED, TAGGED] {
        for second in [PLAIN, NAMED, TAGGED] {
            path(first, second, NOBODY, TWO, "allowed");
            path(first, second, PLAIN, THREE, "allowed");
        }
    }
}

mod source_identity {
    use super::*;

    const SOME: &str =
        "Allow sts:AssumeRole,sts:SetSourceIdentity from if StringLike sts:SourceIdentity *";
    const ANN: &str =
        "Allow sts:AssumeRole,sts:SetSourceIdentity from if StringEquals sts:SourceIdentity ann";
    const BOB: &str =
        "Allow sts:AssumeRole,sts:SetSourceIdentity from if StringEquals sts:SourceIdentity bob";

    #[test]
    fn setting_one_needs_the_permission() {
        let without = "Allow sts:AssumeRole from if StringLike sts:SourceIdentity *";
        path(without, NOBODY, NOBODY, "user A/ann -> A/R", "denied");
        path(SOME, NOBODY, NOBODY, "user A/ann -> A/R", "conditional");
    }

    #[test]
    fn an_inherited_one_needs_the_permission_at_every_hop() {
        path(SOME, PLAIN, NOBODY, TWO, "denied");
        path(SOME, NAMED, NOBODY, TWO, "conditional");
        path(SOME, NAMED, PLAIN, THREE, "denied");
        path(SOME, NAMED, NAMED, THREE, "conditional");
    }

    #[test]
    fn across_accounts_an_inherited_one_needs_it_on_both_sides() {
        let fixture = |identity: &str, trust: &str| {
            format!(
                "user A/ann
                role A/R
                  tp: {}
                  id: Allow {identity}
                role B/T
                  tp: Allow {trust} from A",
                SOME.replacen("from", "from A/user/ann", 1)
            )
        };
        let (one, both) = ("sts:AssumeRole", "sts:AssumeRole,sts:SetSourceIdentity");
        for (identity, trust, expected) in [
            (both, both, "conditional"),
            (one, both, "denied"),
            (both, one, "denied"),
            (one, one, "denied"),
        ] {
            let verdict = along(&fixture(identity, trust), "user A/ann -> A/R -> B/T");
            assert_eq!(verdict.to_string(), expected, "{identity} {trust}");
        }
    }

    #[test]
    fn once_set_it_never_changes() {
        path(ANN, ANN, NOBODY, TWO, "conditional");
        path(ANN, BOB, NOBODY, TWO, "denied");
        path(ANN, NAMED, BOB, THREE, "denied");
        path(ANN, NAMED, ANN, THREE, "conditional");
        let other = "Allow sts:AssumeRole,sts:SetSourceIdentity from if StringNotEquals sts:SourceIdentity ann";
        path(ANN, other, NOBODY, TWO, "denied");
        let absent =
            "Allow sts:AssumeRole,sts:SetSourceIdentity from if Null sts:SourceIdentity true";
        path(ANN, absent, NOBODY, TWO, "denied");
        // Nothing follows for the hops before it was set.
        path(absent, ANN, NOBODY, TWO, "conditional");
        path(absent, ANN, BOB, THREE, "denied");
    }

    #[test]
    fn later_hops_see_it_as_the_callers() {
        let callers = |value: &str| {
            format!(
                "Allow sts:AssumeRole,sts:SetSourceIdentity from if StringEquals aws:SourceIdentity {value}"
            )
        };
        path(ANN, &callers("ann"), NOBODY, TWO, "conditional");
        path(ANN, &callers("bob"), NOBODY, TWO, "denied");
        path(NAMED, &callers("ann"), NOBODY, TWO, "conditional");
        path(ANN, NAMED, &callers("ann"), THREE, "conditional");
        path(ANN, NAMED, &callers("bob"), THREE, "denied");
        // The identity that a call sets is not yet its caller's.
        path(PLAIN, &callers("ann"), NOBODY, TWO, "denied");
        path(PLAIN, ANN, NOBODY, TWO, "conditional");
        let by_name = "Allow sts:AssumeRole,sts:SetSourceIdentity from if StringEquals sts:SourceIdentity ${aws:username}";
        path(by_name, &callers("ann"), NOBODY, TWO, "conditional");
        path(by_name, &callers("bob"), NOBODY, TWO, "denied");
    }

    #[test]
    fn a_deny_of_the_permission_forbids_a_session_that_carries_one() {
        let fixture = format!(
            "{}scp A: Deny sts:SetSourceIdentity if ArnLike aws:PrincipalArn A/role/R",
            chain(SOME, NAMED, NOBODY)
        );
        assert_eq!(along(&fixture, TWO).to_string(), "denied");
        let plain = fixture.replace(" if StringLike sts:SourceIdentity *", "");
        assert_eq!(along(&plain, TWO).to_string(), "allowed");
    }
}

mod tags {
    use super::*;

    fn passing(value: &str) -> String {
        format!(
            "Allow sts:AssumeRole,sts:TagSession from if StringEquals aws:RequestTag/team {value}"
        )
    }

    fn tagged(actions: &str, value: &str) -> String {
        format!("Allow sts:AssumeRole{actions} from if StringEquals aws:PrincipalTag/team {value}")
    }

    #[test]
    fn passing_one_needs_the_permission() {
        for condition in [
            "StringEquals aws:RequestTag/team b",
            "Null aws:TagKeys false",
            "ForAnyValue:StringEquals aws:TagKeys team",
            "ForAnyValue:StringEquals sts:TransitiveTagKeys team",
        ] {
            let trust = |actions: &str| format!("Allow {actions} from if {condition}");
            let hop = "user A/ann -> A/R";
            path(&trust("sts:AssumeRole"), NOBODY, NOBODY, hop, "denied");
            path(&trust("sts:AssumeRole,sts:TagSession"), NOBODY, NOBODY, hop, "conditional");
        }
        let fixture = "user A/ann
            id: Deny sts:AssumeRole if Null aws:RequestTag/team true
            role A/R
            tp: Allow sts:AssumeRole from A/user/ann";
        assert_eq!(along(fixture, "user A/ann -> A/R").to_string(), "denied");
    }

    /// Whichever tag it is, the next hop inherits it (rule D11).
    #[test]
    fn whatever_has_to_be_handed_on_needs_the_permission_at_the_next_hop_too() {
        for condition in [
            "Null sts:TransitiveTagKeys false",
            "ForAllValues:StringEquals sts:TransitiveTagKeys team and Null sts:TransitiveTagKeys false and Null aws:RequestTag/team false",
            "ForAnyValue:StringLike sts:TransitiveTagKeys t*",
        ] {
            let first = format!("Allow sts:AssumeRole,sts:TagSession from if {condition}");
            path(&first, PLAIN, NOBODY, TWO, "denied");
            path(&first, "Allow sts:AssumeRole,sts:TagSession from", NOBODY, TWO, "conditional");
        }
        // It may also be asked for and need not be.
        let allowed = "Allow sts:AssumeRole,sts:TagSession from if ForAllValues:StringEquals sts:TransitiveTagKeys team";
        path(allowed, PLAIN, NOBODY, TWO, "conditional");
    }

    #[test]
    fn a_passed_tag_takes_the_place_of_the_roles_own() {
        path(&passing("b"), &tagged("", "b"), NOBODY, TWO, "conditional");
        path(&passing("b"), &tagged("", "r"), NOBODY, TWO, "denied");
        // Keys of tags ignore case.
        let upper = passing("b").replace("team", "TEAM");
        path(&upper, &tagged("", "b"), NOBODY, TWO, "conditional");
        path(&upper, &tagged("", "r"), NOBODY, TWO, "denied");
        // Another key leaves it alone.
        let other = passing("b").replace("team", "env");
        path(&other, &tagged("", "r"), NOBODY, TWO, "conditional");
    }

    #[test]
    fn without_the_permission_the_roles_own_tag_stays() {
        path(PLAIN, &tagged("", "r"), NOBODY, TWO, "allowed");
        path(PLAIN, &tagged("", "b"), NOBODY, TWO, "denied");
        path(TAGGED, &tagged("", "r"), NOBODY, TWO, "conditional");
        path(TAGGED, &tagged("", "b"), NOBODY, TWO, "conditional");
    }

    #[test]
    fn a_tag_that_is_not_transitive_ends_with_its_session() {
        let kept = "Allow sts:AssumeRole,sts:TagSession from if StringEquals aws:RequestTag/team b and Null sts:TransitiveTagKeys true";
        path(kept, PLAIN, &tagged("", "b"), THREE, "denied");
        // Or it is passed anew.
        path(kept, TAGGED, &tagged("", "b"), THREE, "conditional");
        path(kept, &passing("b"), &tagged("", "b"), THREE, "conditional");
        path(kept, &passing("c"), &tagged("", "b"), THREE, "denied");
        // Nor does it take the place of a target's tag.
        let target = |value: &str| {
            format!(
                "Allow sts:AssumeRole,sts:TagSession from if StringEquals aws:ResourceTag/team {value}"
            )
        };
        path(kept, &target("b"), NOBODY, TWO, "denied");
        path(kept, PLAIN, &target("t"), THREE, "conditional");
        path(kept, PLAIN, &target("b"), THREE, "denied");
    }

    const TRANSITIVE: &str = "Allow sts:AssumeRole,sts:TagSession from if StringEquals aws:RequestTag/team b and ForAnyValue:StringEquals sts:TransitiveTagKeys team";

    #[test]
    fn a_transitive_tag_goes_on() {
        path(TRANSITIVE, TAGGED, &tagged(",sts:TagSession", "b"), THREE, "conditional");
        path(TRANSITIVE, TAGGED, &tagged(",sts:TagSession", "c"), THREE, "denied");
    }

    #[test]
    fn a_transitive_tag_can_not_be_passed_with_another_value() {
        path(TRANSITIVE, &passing("c"), NOBODY, TWO, "denied");
        path(&passing("b"), &passing("c"), NOBODY, TWO, "conditional");
    }

    #[test]
    fn a_transitive_tag_takes_the_place_of_the_targets() {
        let target = |value: &str| {
            format!(
                "Allow sts:AssumeRole,sts:TagSession from if StringEquals aws:ResourceTag/team {value}"
            )
        };
        path(TRANSITIVE, TAGGED, &target("b"), THREE, "conditional");
        path(TRANSITIVE, TAGGED, &target("t"), THREE, "denied");
        path(PLAIN, PLAIN, &target("t"), THREE, "allowed");
        path(PLAIN, PLAIN, &target("b"), THREE, "denied");
    }

    const SAME: &str =
        "Allow sts:AssumeRole from if StringEquals aws:PrincipalTag/team ${aws:ResourceTag/team}";

    #[test]
    fn a_variable_stands_for_the_tag_that_earlier_hops_left() {
        // The role's own, on either side.
        path(PLAIN, PLAIN, SAME, THREE, "denied");
        path(PLAIN, &passing("t"), SAME, THREE, "conditional");
        path(PLAIN, &passing("b"), SAME, THREE, "denied");
        // Handed on it stands on both sides, and then the last hop needs the permission.
        path(PLAIN, TRANSITIVE, SAME, THREE, "denied");
        let letting_pass = SAME.replace("sts:AssumeRole", "sts:AssumeRole,sts:TagSession");
        path(PLAIN, TRANSITIVE, &letting_pass, THREE, "conditional");
        // Written the other way round it says the same.
        let other = "Allow sts:AssumeRole from if StringEquals aws:ResourceTag/team ${aws:PrincipalTag/team}";
        path(PLAIN, &passing("t"), other, THREE, "conditional");
        path(PLAIN, &passing("b"), other, THREE, "denied");
        // Passed again it has the value that it had.
        let begun = "user A/ann -> A/R -> A/S -> A/T";
        path(TRANSITIVE, TAGGED, &letting_pass, begun, "conditional");
        let if_exists = letting_pass.replace("StringEquals", "StringEqualsIfExists");
        path(TAGGED, TAGGED, &if_exists, begun, "conditional");
        // No tag is another one than itself.
        let not = letting_pass.replace("StringEquals", "StringNotEquals");
        path(PLAIN, TRANSITIVE, &not, THREE, "denied");
        path(PLAIN, &passing("b"), &not, THREE, "conditional");
    }

    /// A resource with a tag in it covers a role just where the tag has the value that stands there.
    #[test]
    fn a_tag_in_a_resource_has_to_be_what_stands_there() {
        let fixture = |resource: &str| {
            format!(
                "user A/ann
                role A/R tag:team=r
                  tp: {}
                  id: Allow sts:AssumeRole on arn:aws:iam::{resource}
                role B/web-blue-7
                  tp: Allow from A",
                passing("blue").replacen("from", "from A/user/ann", 1)
            )
        };
        let hops = "user A/ann -> A/R -> B/web-blue-7";
        let blue = "1: the session tag `team` that is passed must be `blue`";
        for resource in
            ["{B}:role/web-${aws:PrincipalTag/team}-*", "*:role/*-${aws:PrincipalTag/TEAM}-?"]
        {
            assert_eq!(needs_along(&fixture(resource), hops), [[blue]], "{resource}");
        }
        for resource in [
            // The tag is another one, or none would do.
            "{B}:role/${aws:PrincipalTag/team}-blue-7",
            "{B}:role/api-${aws:PrincipalTag/team}",
            "{A}:role/web-${aws:PrincipalTag/team}-*",
        ] {
            assert_eq!(along(&fixture(resource), hops).to_string(), "denied", "{resource}");
        }
        // Of a role with which a path begins nothing is known but its own tag.
        let begun = needs_along(
            &fixture("{B}:role/${aws:PrincipalTag/team}-*"),
            "role A/R -> B/web-blue-7",
        );
        let [one] = begun.as_slice() else { panic!("{begun:?}") };
        assert!(one.iter().any(|text| text.contains("must be `web` or `web-blue`")), "{one:?}");
        // The role's own tag does where no other can be passed.
        let own = fixture("{B}:role/web-${aws:PrincipalTag/team}-*")
            .replace("sts:TagSession", "s3:*")
            .replace(" if StringEquals aws:RequestTag/team blue", "");
        assert_eq!(along(&own, hops).to_string(), "denied");
        assert_eq!(along(&own.replace("team=r", "team=blue"), hops).to_string(), "allowed");
    }

    #[test]
    fn what_a_variable_takes_is_said_with_its_value() {
        let needs = |last: &str| needs_along(&chain(PLAIN, TAGGED, last), THREE);
        let not_handed_on = "2: do not pass the session tag `team` as transitive";
        let is = "2: the session tag `team` that is passed must be `t`";
        assert_eq!(needs(SAME), [[not_handed_on, is]]);
        let letting_pass = SAME.replace("sts:AssumeRole", "sts:AssumeRole,sts:TagSession");
        let handed_on = "2: pass the session tag `team` as transitive";
        let passed = "2: pass the session tag `team`";
        assert_eq!(needs(&letting_pass), [vec![is], vec![passed, handed_on]]);
        // A pattern holds more than the tag.
        let like = SAME.replace("StringEquals", "StringLike").replace("/team}", "/team}*");
        assert_eq!(
            needs(&like),
            [[not_handed_on, "2: the session tag `team` that is passed must be like `t*`"]]
        );
        let passing_the_same = "Allow sts:AssumeRole,sts:TagSession from if StringEquals aws:RequestTag/team ${aws:PrincipalTag/team}";
        let unclear = "3: `aws:RequestTag/team` must be the same as `${aws:PrincipalTag/team}`";
        assert_eq!(needs(passing_the_same), [[passed, unclear]]);
    }

    /// Whether inherited tags need the permission is disputed, and a side is taken: they do
    /// (rule D11).
    #[test]
    fn a_role_without_the_permission_inherits_nothing() {
        path(TRANSITIVE, PLAIN, NOBODY, TWO, "denied");
        let fixture = format!(
            "{}scp A: Deny sts:AssumeRole if StringEquals aws:PrincipalTag/team b and ArnLike aws:PrincipalArn A/role/S",
            chain(TAGGED, PLAIN, PLAIN)
        );
        assert_eq!(along(&fixture, THREE).to_string(), "allowed");
        for key in ["aws:PrincipalTag/team", "aws:ResourceTag/team"] {
            let last = format!("Allow sts:AssumeRole from if StringEquals {key} b");
            path(TAGGED, PLAIN, &last, THREE, "denied");
        }
    }

    /// Where the side that is taken decides, a caveat names it.
    #[track_caller]
    fn names_the_side_taken(fixture: &str, hops: &str) {
        let (verdict, caveats) = along_with_caveats(fixture, hops);
        assert!(caveats.contains("D11"), "{verdict} {caveats:?}\n{fixture}");
    }

    #[test]
    fn the_side_taken_on_inherited_tags_is_named() {
        names_the_side_taken(&chain(TRANSITIVE, PLAIN, NOBODY), TWO);
        names_the_side_taken(&chain(TRANSITIVE, TAGGED, PLAIN), THREE);
    }

    /// A role whose trust policy lets no tags pass counts as one whose sessions carry none, which
    /// follows from the same side.
    #[test]
    fn the_side_taken_on_inherited_tags_is_named_where_nobody_passes_any() {
        let last = "Allow sts:AssumeRole from if StringEquals aws:PrincipalTag/team b";
        names_the_side_taken(&chain(TAGGED, PLAIN, last), THREE);
        let stopped = format!(
            "{}scp A: Deny sts:AssumeRole if StringEquals aws:PrincipalTag/team b and ArnLike aws:PrincipalArn A/role/S",
            chain(TAGGED, PLAIN, PLAIN)
        );
        names_the_side_taken(&stopped, THREE);
    }

    /// Nothing is known of what a session carries with which a path begins, but what its role's
    /// trust policy can't admit.
    #[test]
    fn a_session_with_which_a_path_begins() {
        let from_role = "role A/R -> A/S";
        path(TAGGED, &tagged("", "b"), NOBODY, from_role, "conditional");
        path(PLAIN, &tagged("", "b"), NOBODY, from_role, "denied");
        path(PLAIN, &tagged("", "r"), NOBODY, from_role, "allowed");
        path(
            PLAIN,
            &tagged(",sts:TagSession", "r"),
            &tagged("", "b"),
            "role A/R -> A/S -> A/T",
            "conditional",
        );
    }

    /// A token is assumed to hold no tags (caveat V3), and its session passes them as any other.
    #[test]
    fn a_session_that_was_born_of_a_token() {
        let fixture = |trust: &str, value: &str| {
            format!(
                "oidc A gitlab.com one
                role A/R tag:team=r
                  tp: Allow from fed:A/oidc/gitlab.com if StringEquals gitlab.com:sub a
                role A/S
                  tp: Allow {trust} from A/role/R if StringEquals aws:PrincipalTag/team r
                role A/T
                  tp: Allow from A/role/S if StringEquals aws:PrincipalTag/team {value}"
            )
        };
        let hops = "token gitlab.com#a?one -> A/R -> A/S -> A/T";
        let both = "sts:AssumeRole,sts:TagSession";
        assert_eq!(along(&fixture(both, "b"), hops).to_string(), "conditional");
        assert_eq!(along(&fixture("sts:AssumeRole", "b"), hops).to_string(), "denied");
    }
}

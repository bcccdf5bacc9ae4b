//! Whether a statement matches: its action, its resource and its conditions.

use serde_json::Value;

use super::ask::Ask;
use super::doubts::Doubt;
use super::text::{arn_fits, fits, list, network, parts, pattern};

impl Ask<'_> {
    /// Action, resource and conditions.
    pub(super) fn matches(&self, statement: &Value) -> bool {
        let covers = |element: &Value| {
            let action = self.action.to_lowercase();
            list(element).iter().any(|each| fits(&pattern(&each.to_lowercase()), &action))
        };
        let action = match (statement.get("Action"), statement.get("NotAction")) {
            (Some(element), _) => covers(element),
            (_, Some(element)) => !covers(element),
            _ => panic!(),
        };
        if !action {
            return false;
        }
        let resource = match (statement.get("Resource"), statement.get("NotResource")) {
            (Some(element), _) => self.resource(element),
            (_, Some(element)) => !self.resource(element),
            _ => true,
        };
        if !resource {
            return false;
        }
        // Everything is worked out, so that every doubt comes up.
        let mut conditions = true;
        for (operator, keys) in
            statement.get("Condition").and_then(Value::as_object).into_iter().flatten()
        {
            for (key, values) in keys.as_object().unwrap() {
                conditions &= self.condition(operator, &key.to_lowercase(), &list(values));
            }
        }
        conditions
    }

    fn resource(&self, element: &Value) -> bool {
        let arn = self.world.role_arn(self.target.0, self.target.1);
        list(element).iter().any(|text| {
            let Some(pattern) = self.fill(text) else { return false };
            if text == "*" {
                return true;
            }
            if parts(&pattern).len() == 6 {
                arn_fits(&pattern, &arn) == Some(true)
            } else {
                text.ends_with('*') && fits(&pattern, &arn)
            }
        })
    }

    /// The text with its variables filled in; `None` where one has no value.
    fn fill(&self, text: &str) -> Option<Vec<(char, bool)>> {
        let mut found = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            found.extend(pattern(before));
            let (inside, tail) = after.split_once('}').unwrap();
            rest = tail;
            let value = if ["*", "?", "$"].contains(&inside) {
                inside.to_owned()
            } else {
                let (key, default) = inside.split_once(',').unwrap_or((inside, ""));
                let default = default.trim().strip_prefix('\'').and_then(|d| d.strip_suffix('\''));
                let key = key.trim().to_lowercase();
                let value = self.request.keys.get(&key).and_then(|values| values.first()).cloned();
                value.or(default.map(str::to_owned))?
            };
            found.extend(value.chars().map(|char| (char, false)));
        }
        found.extend(pattern(rest));
        Some(found)
    }

    fn condition(&self, operator: &str, key: &str, values: &[String]) -> bool {
        let present = self.request.keys.get(key).filter(|values| !values.is_empty());
        let (qualifier, name) = match operator.split_once(':') {
            Some((qualifier, name)) => (qualifier, name),
            None => ("", operator),
        };
        let (name, if_exists) =
            name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        if name == "Null" {
            return values.iter().any(|value| (value == "true") == present.is_none());
        }
        let negated = name.contains("Not");
        let name = name.replace("Not", "");
        let listed = [
            "aws:tagkeys",
            "sts:transitivetagkeys",
            "aws:principalorgpaths",
            "aws:resourceorgpaths",
        ]
        .contains(&key);
        // Whether a value of the request passes the operator.
        let passes = |value: &String| {
            let (mut fits, mut valueless) = (false, false);
            for wanted in values {
                match self.compare(&name, negated, value, wanted) {
                    Some(found) => fits |= found,
                    None => valueless = true,
                }
            }
            if !negated {
                return fits;
            }
            !fits && (!valueless || self.doubts.choose(Doubt::NegatedWithoutValue))
        };
        let Some(present) = present else {
            return match qualifier {
                "ForAllValues" => true,
                "ForAnyValue" => if_exists && self.doubts.choose(Doubt::AnyValueIfExists),
                _ => negated || if_exists,
            };
        };
        match qualifier {
            "ForAllValues" => present.iter().filter(|value| !passes(value)).count() == 0,
            "ForAnyValue" => present.iter().filter(|value| passes(value)).count() > 0,
            _ if listed => negated && self.doubts.choose(Doubt::NegatedList),
            _ => passes(&present[0]),
        }
    }

    /// `None` where a variable has no value.
    fn compare(&self, name: &str, negated: bool, value: &str, wanted: &str) -> Option<bool> {
        let odd = if negated { Doubt::OddNegative } else { Doubt::OddPositive };
        if !(name.starts_with("String") || name.starts_with("Arn")) && wanted.contains("${") {
            return Some(self.doubts.choose(Doubt::OddVariable));
        }
        let pattern = self.fill(wanted)?;
        let plain: String = pattern.iter().map(|(char, _)| *char).collect();
        Some(match name {
            "StringEquals" => value == plain,
            "StringEqualsIgnoreCase" => value.to_lowercase() == plain.to_lowercase(),
            "StringLike" => fits(&pattern, value),
            "ArnLike" | "ArnEquals" => {
                // Without six parts the comparison has no meaning; the two bits are what the
                // operator and its negation then say.
                arn_fits(&pattern, value).unwrap_or_else(|| self.doubts.choose(odd) != negated)
            }
            "Bool" => {
                ["true", "false"].contains(&plain.to_lowercase().as_str())
                    && value.eq_ignore_ascii_case(&plain)
            }
            "IpAddress" => match (network(value), network(&plain)) {
                (Some((address, _)), Some((net, mask))) => address & mask == net,
                _ => self.doubts.choose(odd) != negated,
            },
            // Times are all written alike, so their texts are in order.
            "DateLessThan" => value < plain.as_str(),
            "DateGreaterThan" => value > plain.as_str(),
            "DateEquals" => value == plain,
            other => panic!("{other}"),
        })
    }
}

//! Edges as lines: JSON or CSV.

use std::io::{self, Write};

use super::csv::field;
use crate::answer::Edge;
use crate::text::safe;

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a head (RFC 4180, lines end with a line feed); requirements
    /// are JSON in one field.
    Csv,
}

impl Lines {
    /// Writes what stands before the first edge.
    pub fn begin(self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        match self {
            Self::Jsonl => Ok(()),
            Self::Csv => out.write_all(b"from,to,action,verdict,requirements\n"),
        }
    }

    /// Writes an edge.
    pub fn write(self, edge: &Edge<'_>, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        match self {
            Self::Jsonl => serde_json::to_writer(&mut *out, edge)?,
            Self::Csv => {
                for name in [edge.from, edge.to] {
                    field(&safe(name), out)?;
                    out.write_all(b",")?;
                }
                write!(out, "{},{},", edge.action, edge.verdict)?;
                field(&serde_json::to_string(edge.requirements)?, out)?;
            }
        }
        out.write_all(b"\n")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::answer::{Requirement, RequirementKind, Verdict};

    #[test]
    fn fields_of_csv_are_quoted_where_they_need_it() {
        let requirement = Requirement {
            hop: 1,
            key: "sts:ExternalId".to_owned(),
            operator: "StringEquals".to_owned(),
            values: vec!["a,b".to_owned()],
            negated: false,
            kind: RequirementKind::CallerChoice,
            text: "pass the external ID `a,b`".to_owned(),
        };
        let edge = Edge {
            from: "oidc:gitlab.com#say \"hi\",\u{1b}[2J",
            to: "arn:aws:iam::111111111111:role/R",
            action: "sts:AssumeRoleWithWebIdentity",
            verdict: Verdict::Conditional,
            requirements: &[vec![requirement]],
        };
        let mut out = Vec::new();
        Lines::Csv.begin(&mut out).unwrap();
        Lines::Csv.write(&edge, &mut out).unwrap();
        Lines::Csv
            .write(&Edge { from: "anyone", requirements: &[vec![]], ..edge }, &mut out)
            .unwrap();
        let expected = [
            "from,to,action,verdict,requirements",
            r#""oidc:gitlab.com#say ""hi"",\u{1b}[2J",arn:aws:iam::111111111111:role/R,sts:AssumeRoleWithWebIdentity,conditional,"[[{""hop"":1,""key"":""sts:ExternalId"",""operator"":""StringEquals"",""values"":[""a,b""],""negated"":false,""kind"":""caller-choice"",""text"":""pass the external ID `a,b`""}]]""#,
            "anyone,arn:aws:iam::111111111111:role/R,sts:AssumeRoleWithWebIdentity,conditional,[[]]",
            "",
        ];
        assert_eq!(String::from_utf8(out).unwrap(), expected.join("\n"));
    }
}

//! The matrix as lines: one a cell.

use std::collections::HashMap;
use std::io::{self, Write};

use super::csv::{field, name};
use crate::answer::{Broken, Layer, Matrix, MatrixColumn, MatrixRow, Via};
use crate::workload::Phase;

/// What stands in the first line.
const HEAD: &str = "workspace,project,phase,tags,account,account_name,ou,verdict,permitted,\
    configured,via,hops,privilege,privilege_proven,role_count,roles,needs,reason,\
    broken_role,broken_layer,broken_text\n";

/// Writes the cells as comma-separated values with a head. Lists are separated by blanks, and
/// names that a spreadsheet would take for formulas begin with an apostrophe.
pub fn csv(matrix: &Matrix, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let rows: HashMap<&str, &MatrixRow> =
        matrix.workspaces.iter().map(|row| (row.selector.as_str(), row)).collect();
    let columns: HashMap<&str, &MatrixColumn> =
        matrix.accounts.iter().map(|column| (column.id.as_str(), column)).collect();
    out.write_all(HEAD.as_bytes())?;
    for cell in &matrix.cells {
        let row = rows.get(cell.workspace());
        let column = columns.get(cell.account());
        name(cell.workspace(), out)?;
        out.write_all(b",")?;
        name(row.map_or("", |row| &row.project), out)?;
        write!(out, ",{},", cell.phase().map(Phase::as_str).unwrap_or_default())?;
        name(&cell.tagged(), out)?;
        write!(out, ",{},", cell.account())?;
        name(column.map_or("", |column| &column.name), out)?;
        out.write_all(b",")?;
        name(column.map_or("", |column| &column.ou), out)?;
        let hops = cell.hops.map(|hops| hops.to_string()).unwrap_or_default();
        let mark = |mark: Option<crate::answer::Privilege>| mark.map_or("", |mark| mark.as_str());
        write!(
            out,
            ",{},{},{},{},{hops},{},{},{},",
            cell.verdict,
            cell.permitted,
            cell.configured.as_str(),
            Via::joined(cell.via, " "),
            mark(cell.privilege),
            mark(cell.privilege_proven),
            cell.role_count,
        )?;
        name(&cell.roles.join(" "), out)?;
        out.write_all(b",")?;
        field(&cell.needs.join(" "), out)?;
        let broken =
            |text: fn(&Broken) -> &str| cell.broken.iter().map(text).collect::<Vec<_>>().join("; ");
        write!(out, ",{},", cell.reason.unwrap_or_default())?;
        name(&broken(|one| &one.role), out)?;
        write!(out, ",{},", broken(|one| one.layer.map_or("-", Layer::as_str)))?;
        name(&broken(|one| &one.text), out)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::answer::{CellRow, Configured, MatrixCell, MatrixFilter, Privilege, Told, Verdict};

    #[test]
    fn each_cell_is_a_line_and_no_name_a_formula() {
        let matrix = Matrix {
            max_hops: 4,
            schema: "rolewalk/matrix/1",
            workspaces: vec![MatrixRow {
                kind: crate::answer::PrincipalKind::Workspace,
                id: "ws-1".to_owned(),
                selector: "tfc:acme/=1+1, \"x\"/web".to_owned(),
                project: "=1+1, \"x\"".to_owned(),
                note: None,
                problems: vec![],
            }],
            accounts: vec![MatrixColumn {
                id: "000000000001".to_owned(),
                name: "@prod\u{1b}[2J".to_owned(),
                ou: "/Prod".to_owned(),
                not_read: false,
            }],
            cells: vec![MatrixCell::new(
                CellRow::of_runs("tfc:acme/=1+1, \"x\"/web", Phase::Apply),
                "000000000001".to_owned(),
                Told {
                    tags: vec![Some("-tag".into())],
                    verdict: Verdict::Conditional,
                    permitted: true,
                    configured: Configured::FirstHop,
                    via: &[Via::Own, Via::Hub],
                    hops: Some(2),
                    privilege: Some(Privilege::Admin),
                    privilege_proven: None,
                    role_count: 4,
                    roles: vec![
                        "arn:aws:iam::1:role/A,b".to_owned(),
                        "arn:aws:iam::1:role/C".to_owned(),
                    ]
                    .into(),
                    needs: ["caller-choice", "time"].into(),
                    reason: None,
                    broken: Box::default(),
                },
            )],
            filter: MatrixFilter::default(),
            filtered: 0,
            scenario: Vec::new(),
            configuration: None,
            configuration_not_read: None,
            sources_left_out: 0,
            left_out: 0,
            truncated: false,
            not_read: Vec::new(),
        };
        let mut out = Vec::new();
        csv(&matrix, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let (head, line) = text.split_once('\n').unwrap();
        assert_eq!(head.split(',').count(), 21);
        assert_eq!(
            line,
            "\"tfc:acme/=1+1, \"\"x\"\"/web\",\"'=1+1, \"\"x\"\"\",apply,'@-tag,000000000001,'@prod\\u{1b}[2J,\
             /Prod,conditional,true,hop 1,own hub,2,admin,,4,\
             \"arn:aws:iam::1:role/A,b arn:aws:iam::1:role/C\",caller-choice time,,,,\n"
        );
    }
}

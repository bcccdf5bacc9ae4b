//! The policies as one file for Terraform.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{MADE_BY, path_and_name};
use crate::aws::permissions::{
    Setup, external_id_condition, hop_policy, member_policy, policy, reader_policy, trust_statement,
};

/// The key of an object that is no object but an expression of Terraform.
const EXPRESSION: &str = "$expression";

/// Writes the file.
pub(super) fn write(setup: &Setup) -> String {
    let mut text = head(setup);
    let (path, name) = setup.role_names.first().map_or(("/".into(), ""), |it| path_and_name(it));
    variables(&mut text, setup, name);
    member_role(&mut text, &path);
    let roles = read_roles(setup, &path);
    match &setup.via {
        None => managed(&mut text, "caller", "Whoever runs rolewalk", &reader_policy(&roles)),
        Some(via) => {
            let hop = hop_policy(&json!(via.as_str()));
            managed(&mut text, "caller", "Whoever runs rolewalk", &hop);
            managed(&mut text, "first_hop", "The first hop of rolewalk", &reader_policy(&roles));
        }
    }
    text
}

fn head(setup: &Setup) -> String {
    let mut text = format!(
        "# What a crawl of rolewalk needs. Made by `rolewalk permissions` ({MADE_BY}).\n#\n"
    );
    let mut lines = vec![
        "Every account but the one below: apply with the defaults. It makes the read role.",
        "The account of whoever runs rolewalk (the management account or a delegated",
        "administrator's): apply with create_member_role = false and",
        "create_caller_policy = true, and attach the policy to that principal. This",
        "account needs no read role: it is read with the credentials at hand.",
    ];
    if setup.via.is_some() {
        lines.truncate(1);
        lines.extend([
            "The account of the first hop (the management account or a delegated",
            "administrator's): apply with create_member_role = false and",
            "create_first_hop_policy = true, and attach the policy to that role. This",
            "account needs no read role: it is read with the first hop's credentials.",
            "The account of whoever runs rolewalk: create_caller_policy = true, and attach",
            "the policy to that principal, which the first hop has to trust.",
        ]);
    }
    for line in lines {
        let _ = writeln!(text, "# {line}");
    }
    text.push_str(
        "\nterraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n    }\n  }\n}\n",
    );
    text
}

fn variables(text: &mut String, setup: &Setup, name: &str) {
    let trusted = setup.via.as_ref().or(setup.trusted.as_ref());
    let external_id = setup.external_id.as_deref().unwrap_or_default();
    let mut variable = |name: &str, kind: &str, description: &str, default: Option<Value>| {
        let mut fields = Map::new();
        fields.insert("description".to_owned(), json!(description));
        fields.insert("type".to_owned(), expression(kind));
        fields.extend(default.map(|default| ("default".to_owned(), default)));
        let _ = write!(text, "\nvariable \"{name}\" {}\n", hcl(&Value::Object(fields), 0));
    };
    let whom = match setup.via {
        Some(_) => "ARN of the first hop, which the read role trusts",
        None => "ARN of the principal that runs rolewalk, which the read role trusts",
    };
    variable("trusted_principal", "string", whom, trusted.map(|arn| json!(arn.as_str())));
    variable("role_name", "string", "Name of the read role, without its path", Some(json!(name)));
    let asked = "External ID that the read role asks for; empty for none";
    variable("external_id", "string", asked, Some(json!(external_id)));
    let made = "Whether to make the read role";
    variable("create_member_role", "bool", made, Some(json!(true)));
    let made = "Whether to make the policy of whoever runs rolewalk";
    variable("create_caller_policy", "bool", made, Some(json!(false)));
    if setup.via.is_some() {
        let made = "Whether to make the policy of the first hop";
        variable("create_first_hop_policy", "bool", made, Some(json!(false)));
    }
}

fn member_role(text: &mut String, path: &str) {
    let condition = external_id_condition(&expression("var.external_id"));
    let statement = expression(&format!(
        "merge(\n        {},\n        var.external_id == \"\" ? {{}} : {}\n      )",
        hcl(&trust_statement(&expression("var.trusted_principal")), 8),
        hcl(&json!({ "Condition": condition }), 8),
    ));
    let trust = hcl(&policy(&[statement]), 2);
    let _ = write!(
        text,
        "\n# The read role of an account: it may read IAM there, and nothing else.\n\
         resource \"aws_iam_role\" \"member\" {{\n  \
           count       = var.create_member_role ? 1 : 0\n  \
           name        = var.role_name\n  \
           path        = {}\n  \
           description = \"Lets rolewalk read users, roles and policies of this account\"\n\n  \
           assume_role_policy = jsonencode({trust})\n}}\n\n\
         resource \"aws_iam_role_policy\" \"member\" {{\n  \
           count = var.create_member_role ? 1 : 0\n  \
           name  = \"rolewalk-read\"\n  \
           role  = aws_iam_role.member[0].id\n\n  \
           policy = jsonencode({})\n}}\n",
        quoted(path),
        hcl(&member_policy(), 2),
    );
}

/// A managed policy that is made where its variable says so.
fn managed(text: &mut String, name: &str, who: &str, document: &Value) {
    let dashed = name.replace('_', "-");
    let _ = write!(
        text,
        "\n# {who}: only in the account of that principal, to which it has to be attached.\n\
         resource \"aws_iam_policy\" \"{name}\" {{\n  \
           count       = var.create_{name}_policy ? 1 : 0\n  \
           name        = \"rolewalk-{dashed}\"\n  \
           description = \"{who}\"\n\n  \
           policy = jsonencode({})\n}}\n\n\
         output \"{name}_policy_arn\" {{\n  \
           value = one(aws_iam_policy.{name}[*].arn)\n}}\n",
        hcl(document, 2),
    );
}

/// The read roles as ARN patterns, the first by its variable.
fn read_roles(setup: &Setup, path: &str) -> Value {
    let mut roles: Vec<Value> = setup.read_roles().into_iter().map(Value::String).collect();
    if let Some(first) = roles.first_mut() {
        let partition = setup.partition;
        *first = expression(&format!("\"arn:{partition}:iam::*:role{path}${{var.role_name}}\""));
    }
    Value::Array(roles)
}

fn expression(text: &str) -> Value {
    json!({ EXPRESSION: text })
}

/// A value in Terraform's own form, laid out as `terraform fmt` does.
fn hcl(value: &Value, indent: usize) -> String {
    let inner = indent + 2;
    let blanks = " ".repeat(indent);
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Array(items) => {
            let mut text = "[\n".to_owned();
            for item in items {
                let _ = writeln!(text, "{blanks}  {},", hcl(item, inner));
            }
            text + &blanks + "]"
        }
        Value::Object(fields) => match fields.get(EXPRESSION).and_then(Value::as_str) {
            Some(expression) => expression.to_owned(),
            None => object(fields, inner) + &blanks + "}",
        },
        plain => plain.to_string(),
    }
}

/// Equals signs stand below each other in fields of one line that follow each other.
fn object(fields: &Map<String, Value>, indent: usize) -> String {
    let written: Vec<(String, String)> = fields
        .iter()
        .map(|(key, value)| {
            let plain = key.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
            (if plain { key.clone() } else { quoted(key) }, hcl(value, indent))
        })
        .collect();
    let mut text = "{\n".to_owned();
    for group in
        written.chunk_by(|(_, one), (_, other)| !one.contains('\n') && !other.contains('\n'))
    {
        let widest = group.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
        for (key, value) in group {
            let _ = writeln!(text, "{}{key:<widest$} = {value}", " ".repeat(indent));
        }
    }
    text
}

/// A string that stands for itself, whatever is in it.
fn quoted(text: &str) -> String {
    // Strings of JSON are strings of Terraform but for the two that begin a template.
    json!(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_never_templates() {
        assert_eq!(quoted("a\"${b}%{c}\\"), r#""a\"$${b}%%{c}\\""#);
        assert_eq!(
            hcl(&json!({ "sts:ExternalId": "${x}" }), 0),
            "{\n  \"sts:ExternalId\" = \"$${x}\"\n}"
        );
    }
}

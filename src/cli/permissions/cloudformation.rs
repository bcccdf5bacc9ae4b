//! The policies as a template for CloudFormation, which JSON can be.

use serde_json::{Map, Value, json};

use super::path_and_name;
use crate::aws::permissions::{
    Setup, external_id_condition, hop_policy, member_policy, policy, reader_policy, trust_statement,
};

/// Writes the template.
pub(super) fn write(setup: &Setup) -> String {
    let (path, name) = setup.role_names.first().map_or(("/".into(), ""), |it| path_and_name(it));
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": description(setup),
        "Parameters": parameters(setup, name),
        "Conditions": conditions(setup),
        "Resources": resources(setup, &path),
    });
    serde_json::to_string_pretty(&template).unwrap_or_default() + "\n"
}

/// At most 1024 bytes.
fn description(setup: &Setup) -> String {
    let others = match setup.via {
        None => {
            "As a stack of its own in the account of whoever runs rolewalk, with CreateMemberRole \
             false and CreateCallerPolicy true, it makes the policy to attach to that principal."
        }
        Some(_) => {
            "As a stack of its own, with CreateMemberRole false, it makes the policy to attach to \
             the first hop (CreateFirstHopPolicy) or to whoever runs rolewalk (CreateCallerPolicy)."
        }
    };
    format!(
        "What a crawl of rolewalk needs. Requires CAPABILITY_NAMED_IAM. As a StackSet, in one \
         Region because IAM is global, it makes the read role of each account. A StackSet with \
         service-managed permissions does not deploy into the management account. That account \
         needs no read role where the organization is read from it, and otherwise one by a stack of \
         its own. {others}"
    )
}

fn parameters(setup: &Setup, name: &str) -> Value {
    let mut trusted = json!({
        "Type": "String",
        "Description": match setup.via {
            Some(_) => "ARN of the first hop, which the read role trusts",
            None => "ARN of the principal that runs rolewalk, which the read role trusts",
        },
        "AllowedPattern": "arn:[^:]+:iam::[0-9]{12}:(root|(role|user)/[^*?]+)",
    });
    if let (Some(arn), Some(fields)) =
        (setup.via.as_ref().or(setup.trusted.as_ref()), trusted.as_object_mut())
    {
        fields.insert("Default".to_owned(), json!(arn.as_str()));
    }
    let choice = |description: &str, default: &str| {
        json!({
            "Type": "String",
            "Description": description,
            "AllowedValues": ["true", "false"],
            "Default": default,
        })
    };
    let mut parameters = json!({
        "TrustedPrincipal": trusted,
        "RoleName": {
            "Type": "String",
            "Description": "Name of the read role, without its path",
            "AllowedPattern": "[A-Za-z0-9_+=,.@-]{1,64}",
            "Default": name,
        },
        "ExternalId": {
            "Type": "String",
            "Description": "External ID that the read role asks for; empty for none",
            "AllowedPattern": "[A-Za-z0-9_+=,.@:/-]*",
            "Default": setup.external_id.as_deref().unwrap_or_default(),
        },
        "CreateMemberRole": choice("Whether to make the read role", "true"),
        "CreateCallerPolicy": choice("Whether to make the policy of whoever runs rolewalk", "false"),
    });
    if let (Some(_), Some(fields)) = (&setup.via, parameters.as_object_mut()) {
        let choice = choice("Whether to make the policy of the first hop", "false");
        fields.insert("CreateFirstHopPolicy".to_owned(), choice);
    }
    parameters
}

fn conditions(setup: &Setup) -> Value {
    let chosen = |parameter: &str| json!({ "Fn::Equals": [{ "Ref": parameter }, "true"] });
    let none = json!({ "Fn::Equals": [{ "Ref": "ExternalId" }, ""] });
    let mut conditions = json!({
        "HasExternalId": { "Fn::Not": [none] },
        "MakesMemberRole": chosen("CreateMemberRole"),
        "MakesCallerPolicy": chosen("CreateCallerPolicy"),
    });
    if let (Some(_), Some(fields)) = (&setup.via, conditions.as_object_mut()) {
        fields.insert("MakesFirstHopPolicy".to_owned(), chosen("CreateFirstHopPolicy"));
    }
    conditions
}

fn resources(setup: &Setup, path: &str) -> Value {
    let mut resources = Map::new();
    resources.insert("MemberRole".to_owned(), member_role(path));
    let reader = reader_policy(&read_roles(setup, path));
    let mut managed = |name: &str, who: &str, document: Value| {
        let resource = json!({
            "Type": "AWS::IAM::ManagedPolicy",
            "Condition": format!("Makes{name}"),
            "Properties": { "Description": who, "PolicyDocument": document },
        });
        resources.insert(name.to_owned(), resource);
    };
    let caller = "Whoever runs rolewalk";
    match &setup.via {
        None => managed("CallerPolicy", caller, reader),
        Some(via) => {
            managed("CallerPolicy", caller, hop_policy(&json!(via.as_str())));
            managed("FirstHopPolicy", "The first hop of rolewalk", reader);
        }
    }
    Value::Object(resources)
}

fn member_role(path: &str) -> Value {
    let mut statement = trust_statement(&json!({ "Ref": "TrustedPrincipal" }));
    if let Some(fields) = statement.as_object_mut() {
        let asked = external_id_condition(&json!({ "Ref": "ExternalId" }));
        let condition = json!({ "Fn::If": ["HasExternalId", asked, { "Ref": "AWS::NoValue" }] });
        fields.insert("Condition".to_owned(), condition);
    }
    json!({
        "Type": "AWS::IAM::Role",
        "Condition": "MakesMemberRole",
        "Properties": {
            "RoleName": { "Ref": "RoleName" },
            "Path": path,
            "Description": "Lets rolewalk read users, roles and policies of this account",
            "AssumeRolePolicyDocument": policy(&[statement]),
            "Policies": [{ "PolicyName": "rolewalk-read", "PolicyDocument": member_policy() }],
        },
    })
}

/// The read roles as ARN patterns, the first by its parameter.
fn read_roles(setup: &Setup, path: &str) -> Value {
    let mut roles: Vec<Value> = setup.read_roles().into_iter().map(Value::String).collect();
    if let Some(first) = roles.first_mut() {
        let partition = setup.partition;
        *first = json!({ "Fn::Sub": format!("arn:{partition}:iam::*:role{path}${{RoleName}}") });
    }
    Value::Array(roles)
}

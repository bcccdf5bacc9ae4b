#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;

use super::connection::guarded;
use super::guard::operation_of;
use super::operations::{Service, operations};
use super::*;
use crate::org::NotReadKind;

/// A server on loopback that gives every request the same answer and counts connections.
struct Server {
    url: String,
    connections: Arc<AtomicUsize>,
}

fn server(status: u16, body: &str) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let (counted, body) = (Arc::clone(&connections), body.to_owned());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let mut seen = [0; 16384];
            let _ = stream.read(&mut seen);
            let _ = write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-type: text/xml\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    Server { url, connections }
}

impl Server {
    fn connection(&self) -> Connection {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .endpoint_url(&self.url)
            .retry_config(RetryConfig::disabled())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        guarded(config)
    }

    fn seen(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn error_body(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
    )
}

#[test]
fn only_reads_and_assuming_roles_may_be_sent() {
    for operation in operations() {
        let reads = ["Get", "List", "Describe"].iter().any(|verb| operation.name.starts_with(verb));
        let assumes = operation.service == Service::Sts && operation.name.starts_with("AssumeRole");
        assert!(reads || assumes, "{operation:?}");
        assert_ne!(operation.name, "AssumeRoot");
        assert!(!operation.why.is_empty());
    }
}

#[tokio::test]
async fn a_write_fails_before_anything_is_sent() {
    let server = server(200, "");
    let connection = server.connection();
    let user = connection.iam().create_user().user_name("eve").send().await.unwrap_err();
    let user = failure("iam:CreateUser", &user);
    assert_eq!(user.kind, FailureKind::Refused);
    assert!(user.message.contains("`iam:CreateUser` is not among"), "{user}");
    let root = connection.sts().assume_root().target_principal("111111111111").send().await;
    assert_eq!(failure("sts:AssumeRoot", &root.unwrap_err()).kind, FailureKind::Refused);
    let leave = connection.organizations().leave_organization().send().await.unwrap_err();
    assert_eq!(failure("organizations:LeaveOrganization", &leave).kind, FailureKind::Refused);
    assert_eq!((server.seen(), connection.traffic().requests), (0, 0));

    let _ = connection.iam().list_roles().send().await;
    assert_eq!((server.seen(), connection.traffic().requests), (1, 1), "reads are sent");
}

/// The second gate by itself: clients made without the interceptor, on the same HTTP client.
#[tokio::test]
async fn the_wire_is_checked_even_where_the_interceptor_is_missing() {
    let server = server(200, "");
    let connection = server.connection();
    let config = connection.config();
    let user =
        aws_sdk_iam::Client::new(config).create_user().user_name("eve").send().await.unwrap_err();
    let user = failure("iam:CreateUser", &user);
    assert_eq!(user.kind, FailureKind::Refused, "{user}");
    let sts = aws_sdk_sts::Client::new(config);
    let token = sts.get_session_token().send().await.unwrap_err();
    assert_eq!(failure("sts:GetSessionToken", &token).kind, FailureKind::Refused);
    let leave =
        aws_sdk_organizations::Client::new(config).leave_organization().send().await.unwrap_err();
    assert_eq!(failure("organizations:LeaveOrganization", &leave).kind, FailureKind::Refused);
    assert_eq!((server.seen(), connection.traffic().requests), (0, 0));

    let _ = sts
        .assume_role_with_web_identity()
        .role_arn("arn:aws:iam::111111111111:role/r")
        .role_session_name("s")
        .web_identity_token("token")
        .send()
        .await;
    assert_eq!(server.seen(), 1, "the unsigned call of a probe is sent");
}

#[test]
fn a_request_that_could_be_read_in_two_ways_is_refused() {
    let request = |body: &'static str, headers: &[(&'static str, &'static str)], uri: &str| {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST").unwrap();
        request.set_uri(uri.to_owned()).unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, *value);
        }
        operation_of(&request).map(|operation| operation.name).ok()
    };
    let signed = |scope: &str| {
        let text = format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{scope}/aws4_request, SignedHeaders=host"
        );
        ("authorization", &*Box::leak(text.into_boxed_str()))
    };
    let home = "https://iam.amazonaws.com/";
    let list = "Action=ListRoles&Version=2010-05-08";
    assert_eq!(request(list, &[signed("iam")], home), Some("ListRoles"));
    assert_eq!(request(list, &[signed("sts")], home), None);
    assert_eq!(request(list, &[], home), None);
    assert_eq!(request("Version=2010-05-08", &[signed("iam")], home), None);
    assert_eq!(request("Action=ListRoles&Version=2011-06-15", &[signed("iam")], home), None);
    let twice = "Action=ListRoles&Version=2010-05-08&%41ction=CreateUser";
    assert_eq!(request(twice, &[signed("iam")], home), None);
    let query = "https://iam.amazonaws.com/?Action=CreateUser&Version=2010-05-08";
    assert_eq!(request(list, &[signed("iam")], query), None);
    let target = ("x-amz-target", "AWSOrganizationsV20161128.ListRoots");
    assert_eq!(request("{}", &[signed("organizations"), target], home), Some("ListRoots"));
    let smuggled = "Action=CreateUser&Version=2010-05-08";
    assert_eq!(request(smuggled, &[signed("iam"), target], home), None);
    let leave = ("x-amz-target", "AWSOrganizationsV20161128.LeaveOrganization");
    assert_eq!(request("{}", &[signed("organizations"), leave], home), None);
}

#[tokio::test]
async fn errors_are_told_apart() {
    let cases = [
        (403, "AccessDenied", FailureKind::Denied, NotReadKind::Denied),
        (400, "Throttling", FailureKind::Throttled, NotReadKind::Throttled),
        (403, "ExpiredToken", FailureKind::ExpiredCredentials, NotReadKind::Failed),
        (403, "InvalidClientTokenId", FailureKind::InvalidCredentials, NotReadKind::Failed),
        (500, "InternalFailure", FailureKind::Failed, NotReadKind::Failed),
    ];
    for (status, code, kind, recorded) in cases {
        let server = server(status, &error_body(code, "what AWS says"));
        let error = server.connection().iam().list_roles().send().await.unwrap_err();
        let failure = failure("iam:ListRoles", &error);
        assert_eq!((failure.kind, failure.code.as_deref()), (kind, Some(code)));
        let gap = failure.not_read();
        assert_eq!((&*gap.call, gap.kind), ("iam:ListRoles", recorded));
        assert_eq!(gap.message, format!("{code}: what AWS says"));
    }
    let garbled = server(200, "<html>a login page</html>");
    let error = garbled.connection().iam().list_roles().send().await.unwrap_err();
    assert_eq!(failure("iam:ListRoles", &error).kind, FailureKind::Malformed);
    let closed = Server { url: "http://127.0.0.1:1".to_owned(), connections: Arc::default() };
    let error = closed.connection().iam().list_roles().send().await.unwrap_err();
    assert_eq!(failure("iam:ListRoles", &error).kind, FailureKind::Unreachable);
}

#[tokio::test]
async fn a_session_token_that_aws_repeats_is_not_shown() {
    let message = "The Canonical String for this request should have been x-amz-security-token:FwoGZXIvYXdzEXAMPLE";
    let server = server(403, &error_body("SignatureDoesNotMatch", message));
    let error = server.connection().iam().list_roles().send().await.unwrap_err();
    let failure = failure("iam:ListRoles", &error);
    assert_eq!(failure.kind, FailureKind::InvalidCredentials);
    assert!(!format!("{failure} {failure:?}").contains("FwoGZXIvYXdzEXAMPLE"));
}

#[tokio::test]
async fn an_assumed_session_shows_nothing_of_its_credentials() {
    let answer = "<AssumeRoleResponse><AssumeRoleResult><Credentials>\
        <AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>hidden1</SecretAccessKey>\
        <SessionToken>hidden2</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
        </Credentials><AssumedRoleUser><AssumedRoleId>AROA1:s</AssumedRoleId>\
        <Arn>arn:aws:sts::222222222222:assumed-role/r/s</Arn></AssumedRoleUser>\
        </AssumeRoleResult></AssumeRoleResponse>";
    let server = server(200, answer);
    let request =
        Assume { role_arn: "arn:aws:iam::222222222222:role/r".to_owned(), ..Assume::default() };
    let assumed = server.connection().assume(&request).await.unwrap();
    assert_eq!(assumed.identity.account.to_string(), "222222222222");
    let shown = format!("{assumed:?}");
    assert!(!shown.contains("hidden") && !shown.contains("ASIAEXAMPLE"), "{shown}");
}

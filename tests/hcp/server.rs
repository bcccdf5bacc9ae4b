//! A server on loopback that answers as the API does: JSON:API, a hundred to a page, 429 with the
//! time to wait, 404 for what the token may not see.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

pub const TOKEN: &str = "made-up-token-of-a-test";
/// What no output and no database may hold.
pub const SECRET: &str = "a-value-that-nobody-may-see";

/// What there is.
#[derive(Debug, Clone, Default)]
pub struct World {
    /// Organizations beside `acme`, of which nothing else may be seen.
    pub others: Vec<String>,
    pub projects: Vec<(String, String)>,
    pub workspaces: Vec<Value>,
    pub sets: Vec<Value>,
    pub stacks: Vec<Value>,
    /// Names of deployments by the id of their stack.
    pub deployments: Vec<(String, Vec<String>)>,
    /// Whether the organization says that it has no stacks.
    pub without_stacks: bool,
    /// Variables by the id of their workspace or set.
    pub variables: Vec<(String, Vec<Value>)>,
    /// Paths that are answered with 404.
    pub forbidden: BTreeSet<String>,
    /// Paths that are answered with this text.
    pub instead: Vec<(String, String)>,
    /// Every so many requests one is refused as too many.
    pub throttle: Option<usize>,
}

#[derive(Debug)]
pub struct Server {
    address: String,
    /// Paths with their queries, in the order of the requests.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub fn start(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (world, noted) = (Arc::new(world), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (world, noted) = (Arc::clone(&world), Arc::clone(&noted));
                // A client that goes away has what it wanted.
                thread::spawn(move || serve(stream.unwrap(), &world, &noted).ok());
            }
        });
        Self { address, seen }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The host as it stands in tokens: loopback and a port.
    pub fn host(&self) -> &str {
        &self.address
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, world: &World, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
        assert!(line.starts_with("GET "), "only reads are sent: {line}");
        let mut authorized = false;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            if header.trim().is_empty() {
                break;
            }
            authorized |=
                header.trim().eq_ignore_ascii_case(&format!("authorization: Bearer {TOKEN}"));
        }
        let number = {
            let mut seen = seen.lock().unwrap();
            seen.push(target.clone());
            seen.len()
        };
        let (status, more, body) = if !authorized {
            (401, "", json!({"errors": [{"status": "401", "title": "unauthorized"}]}))
        } else if world.throttle.is_some_and(|every| number % every == 0) {
            (429, "x-ratelimit-reset: 0.05\r\n", json!({"errors": [{"status": 429}]}))
        } else {
            match answer(world, &target) {
                Some(body) => (200, "", body),
                None => (404, "", json!({"errors": [{"status": "404", "title": "not found"}]})),
            }
        };
        let path = target.split('?').next().unwrap_or_default().trim_start_matches("/api/v2/");
        let instead = world.instead.iter().find(|(spoilt, _)| spoilt == path);
        let body = instead.map_or_else(|| body.to_string(), |(_, text)| text.clone());
        write!(
            stream,
            "HTTP/1.1 {status} X\r\ncontent-type: application/vnd.api+json\r\n{more}content-length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
}

fn answer(world: &World, target: &str) -> Option<Value> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.strip_prefix("/api/v2/")?;
    if world.forbidden.contains(path) {
        return None;
    }
    let parts: Vec<&str> = path.split('/').collect();
    let of = |id: &str| {
        let found = world.variables.iter().find(|(place, _)| place == id);
        // These lists come whole, without `meta`.
        json!({"data": found.map(|(_, variables)| variables.clone()).unwrap_or_default()})
    };
    Some(match parts.as_slice() {
        ["account", "details"] => {
            json!({"data": {"id": "user-1", "type": "users", "attributes": {"username": "reader"}}})
        }
        ["organizations"] => page(&organizations(world), query),
        ["organizations", "acme", "projects"] => {
            let projects = world.projects.iter().map(
                |(id, name)| json!({"id": id, "type": "projects", "attributes": {"name": name}}),
            );
            page(&projects.collect::<Vec<_>>(), query)
        }
        ["organizations", "acme", "workspaces"] => page(&world.workspaces, query),
        ["organizations", "acme", "varsets"] => page(&world.sets, query),
        ["organizations", "acme", "stacks"] => page(&world.stacks, query),
        ["stacks", id, "stack-deployments"] => {
            let found = world.deployments.iter().find(|(stack, _)| stack == id);
            let names = found.map(|(_, names)| names.as_slice()).unwrap_or_default();
            let one = |name: &String| {
                json!({"id": format!("{id}-std-{name}"), "type": "stack-deployments",
                       "attributes": {"name": name}})
            };
            page(&names.iter().map(one).collect::<Vec<_>>(), query)
        }
        ["workspaces", id, "vars"] | ["varsets", id, "relationships", "vars"] => of(id),
        _ => return None,
    })
}

fn organizations(world: &World) -> Vec<Value> {
    let names = std::iter::once("acme").chain(world.others.iter().map(String::as_str));
    let one = |name| {
        let mut one = json!({"id": name, "type": "organizations", "attributes": {"name": name}});
        if world.without_stacks {
            one["attributes"]["stacks-enabled"] = json!(false);
        }
        one
    };
    names.map(one).collect()
}

fn page(all: &[Value], query: &str) -> Value {
    let field = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(key, value)| (key.replace("%5B", "[").replace("%5D", "]"), value))
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.parse::<usize>().ok())
    };
    let size = field("page[size]").unwrap_or(20).min(100);
    let number = field("page[number]").unwrap_or(1);
    let rows: Vec<Value> = all.iter().skip((number - 1) * size).take(size).cloned().collect();
    let more = number * size < all.len();
    json!({"data": rows, "meta": {"pagination": {
        "current-page": number, "page-size": size, "next-page": more.then_some(number + 1),
        "total-count": all.len(),
    }}})
}

/// A workspace of a project, whose variables may be listed or not.
pub fn workspace(id: &str, name: &str, project: &str, variables: usize, readable: bool) -> Value {
    let listed: Vec<Value> =
        (0..variables).map(|at| json!({"id": format!("var-{id}-{at}"), "type": "vars"})).collect();
    json!({
        "id": id, "type": "workspaces",
        "attributes": {"name": name, "execution-mode": "remote", "operations": true,
                       "permissions": {"can-read-variable": readable}},
        "relationships": {"project": {"data": {"id": project, "type": "projects"}},
                          "vars": {"data": listed}},
    })
}

/// A stack of a project.
pub fn stack(id: &str, name: &str, project: &str) -> Value {
    json!({
        "id": id, "type": "stacks", "attributes": {"name": name, "description": null},
        "relationships": {"project": {"data": {"id": project, "type": "projects"}},
                          "agent-pool": {"data": null}},
    })
}

/// A variable set. `parent` is `acme`, or the id of the project that owns it.
pub fn set(id: &str, name: &str, parent: &str, applies: &Value) -> Value {
    let kind = if parent.starts_with("prj-") { "projects" } else { "organizations" };
    let related = |name: &str| {
        let ids = applies[name].as_array().cloned().unwrap_or_default();
        let data: Vec<Value> = ids.iter().map(|id| json!({"id": id, "type": name})).collect();
        json!({"data": data})
    };
    json!({
        "id": id, "type": "varsets",
        "attributes": {"name": name, "global": applies["global"] == true, "priority": applies["priority"] == true},
        "relationships": {"parent": {"data": {"id": parent, "type": kind}},
                          "workspaces": related("workspaces"), "projects": related("projects"),
                          "vars": {"data": [{"id": format!("var-{id}"), "type": "vars"}]}},
    })
}

/// A variable of the environment.
pub fn variable(key: &str, value: &str) -> Value {
    json!({"id": format!("var-{key}"), "type": "vars",
           "attributes": {"key": key, "value": value, "sensitive": false, "category": "env", "hcl": false}})
}

/// One whose value nobody gets.
pub fn sensitive(key: &str) -> Value {
    json!({"id": format!("var-{key}"), "type": "vars",
           "attributes": {"key": key, "value": null, "sensitive": true, "category": "env"}})
}

//! An HTTP server that answers after a while, and as many at once as are asked for.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::answers;

/// What there is to be read.
#[derive(Debug, Clone, Copy)]
pub struct Organization {
    pub accounts: usize,
    pub roles: usize,
}

/// Requests that were answered.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    pub all: usize,
    /// Those of the accounts: an assume, and the calls of IAM.
    pub of_accounts: usize,
}

#[derive(Debug, Default)]
struct Counters {
    all: AtomicUsize,
    of_accounts: AtomicUsize,
}

pub struct Server {
    address: String,
    counters: Arc<Counters>,
    _runtime: Runtime,
}

impl Server {
    pub fn start(organization: Organization, latency: Duration) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let counters = Arc::new(Counters::default());
        let shared = Arc::clone(&counters);
        runtime.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let counters = Arc::clone(&shared);
                tokio::spawn(async move {
                    // A client that goes away has what it wanted.
                    let _ = serve(stream, organization, latency, &counters).await;
                });
            }
        });
        Self { address, counters, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn counts(&self) -> Counts {
        Counts {
            all: self.counters.all.load(Ordering::Relaxed),
            of_accounts: self.counters.of_accounts.load(Ordering::Relaxed),
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    organization: Organization,
    latency: Duration,
    counters: &Counters,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut seen = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut seen).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(&seen[..end]).into_owned();
        let header = |name: &str| {
            head.lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim().to_owned())
        };
        let length: usize = header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0);
        while seen.len() < end + length {
            if stream.read_buf(&mut seen).await? == 0 {
                return Ok(());
            }
        }
        let body = String::from_utf8_lossy(&seen[end..end + length]).into_owned();
        seen.drain(..end + length);
        let key = header("authorization")
            .and_then(|it| it.split_once("Credential=").map(|(_, rest)| rest[4..16].to_owned()))
            .unwrap_or_default();
        let answer = answers::answer(organization, header("x-amz-target").as_deref(), &key, &body);
        tokio::time::sleep(latency).await;
        counters.all.fetch_add(1, Ordering::Relaxed);
        if answer.of_account {
            counters.of_accounts.fetch_add(1, Ordering::Relaxed);
        }
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n",
            answer.content_type,
            answer.body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(answer.body.as_bytes()).await?;
    }
}

//! The server goes away under load and comes back; one of two nodes is killed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use agentid::clock::stopwatch;

use crate::support::Agent;
use crate::support::Process;
use crate::support::postgres_server::PostgresServer;
use crate::support::process::Remote;

const CALLERS: usize = 6;
/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(30);

/// Callers that go on whatever they are told, as long as it is 200 or 503.
struct Load<'a> {
    agents: &'a [Agent],
    tokens: Mutex<Vec<(usize, String)>>,
    answered: AtomicUsize,
    refused: AtomicUsize,
    is_over: AtomicBool,
}

impl Load<'_> {
    fn work(&self, remote: &Remote, caller: usize) {
        while !self.is_over.load(Ordering::SeqCst) {
            let answer = remote.token(&self.agents[caller]).send();
            match answer.status {
                200 => {
                    self.tokens.lock().unwrap().push((caller, answer.text_of("access_token")));
                    self.answered.fetch_add(1, Ordering::SeqCst);
                }
                503 => {
                    assert!(answer.headers.contains_key("retry-after"), "{answer:?}");
                    self.refused.fetch_add(1, Ordering::SeqCst);
                }
                _ => panic!("{answer:?}"),
            }
        }
    }
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = stopwatch();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what} takes too long");
        thread::yield_now();
    }
}

fn threads(node: &Process) -> usize {
    std::fs::read_dir(format!("/proc/{}/task", node.id())).unwrap().count()
}

#[test]
fn a_server_that_goes_away_is_503_and_comes_back_without_a_restart() {
    let server = PostgresServer::start();
    let folder = tempfile::tempdir().unwrap();
    let node = Process::node(folder.path(), &server.url(), &[]);
    let agents: Vec<_> = (0..CALLERS).map(|_| node.remote.register()).collect();
    let threads_before = threads(&node);
    let load = Load {
        agents: &agents,
        tokens: Mutex::default(),
        answered: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
    };
    let remote = &node.remote;
    let status = |path: &str| remote.get(path).send().status;
    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let load = &load;
            scope.spawn(move || load.work(remote, caller));
        }
        let over = Over(&load.is_over);
        for _ in 0..3 {
            let answered = load.answered.load(Ordering::SeqCst);
            until("the load", || load.answered.load(Ordering::SeqCst) > answered + 30);
            assert_eq!(status("/ready"), 200);

            let refused = load.refused.load(Ordering::SeqCst);
            server.crash();
            until("a refusal", || load.refused.load(Ordering::SeqCst) > refused + 20);
            assert_eq!(status("/ready"), 503);
            assert_eq!(status("/health"), 200);

            server.resume();
            until("getting ready", || status("/ready") == 200);
            // One that connects has a thread more for that long.
            until("the end of threads that are left behind", || threads(&node) <= threads_before);
            let open = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'agentid'";
            assert!(server.number(open) <= 9, "connections are left behind");
        }
        drop(over);
    });
    let tokens = load.tokens.into_inner().unwrap();
    assert!(tokens.len() > 90);
    for (caller, token) in &tokens {
        assert_eq!(remote.introspection(&agents[*caller], token).send().expect(200).get("active"), true);
    }
}

/// Also set when an assertion fails, so that the callers come to an end.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn nothing_that_a_killed_node_answered_is_lost() {
    let server = PostgresServer::start();
    let folder = tempfile::tempdir().unwrap();
    let node = |name: &str| Process::node(&folder.path().join(name), &server.url(), &[]);
    let survivor = node("survivor");
    for round in 0..3 {
        let victim = node("victim");
        let loads = [&victim, &survivor].map(|node| crate::faults::load::Load::start(&node.remote, 3));
        for load in &loads {
            load.wait_for(20 + round * 7);
        }
        victim.kill();
        let [killed, alive] = loads;
        alive.wait_for(20);
        for load in [killed, alive] {
            let known = load.finish();
            assert!(known.len() >= 20);
            crate::faults::load::assert_all_known(&survivor.remote, &known);
        }
    }
    assert_eq!(survivor.remote.get("/ready").send().status, 200);
}

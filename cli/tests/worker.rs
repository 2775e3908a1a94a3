//! `pvm compile --persistent_worker`, driven as Bazel drives it.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

#[test]
fn each_request_gets_one_response() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("good.py"), "x = 1\n").expect("there is room");
    fs::write(folder.path().join("bad.py"), "return\n").expect("there is room");
    let mut worker = Command::new(env!("CARGO_BIN_EXE_pvm"))
        .args(["compile", "--persistent_worker"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut requests = worker.stdin.take().expect("is a pipe");
    let mut responses = BufReader::new(worker.stdout.take().expect("is a pipe"));
    let mut respond = || {
        let mut line = String::new();
        responses.read_line(&mut line).expect("it answers");
        serde_json::from_str::<Value>(&line).expect("is JSON")
    };
    let mut ask = |request: Value| writeln!(requests, "{request}").expect("it listens");

    let options = ["-q", "--invalidation-mode", "unchecked-hash", "-p", "/opt"];
    let arguments = |rest: &[&str]| options.iter().chain(rest).map(|s| (*s).to_owned()).collect::<Vec<_>>();
    ask(json!({ "arguments": arguments(&["good.py", "--output", "out/good.pyc"]), "inputs": [] }));
    assert_eq!(respond(), json!({ "exitCode": 0, "output": "", "requestId": 0 }));
    assert!(folder.path().join("out/good.pyc").is_file());

    ask(json!({ "arguments": arguments(&["bad.py"]) }));
    let response = respond();
    assert_eq!(response["exitCode"], 1);
    assert!(response["output"].as_str().expect("is text").contains("'return' outside function"));

    ask(json!({ "arguments": ["--nonsense"] }));
    assert_eq!(respond()["exitCode"], 2);

    // Side by side, answered in any order.
    for id in 1..=20 {
        let output = format!("out/{id}.pyc");
        ask(json!({ "arguments": arguments(&["good.py", "--output", &output]), "requestId": id }));
    }
    ask(json!({ "requestId": 7, "cancel": true }));
    let mut answered: Vec<i64> =
        (1..=20).map(|_| respond()["requestId"].as_i64().expect("is a number")).collect();
    answered.sort_unstable();
    assert_eq!(answered, (1..=20).collect::<Vec<_>>());
    let one = fs::read(folder.path().join("out/1.pyc")).expect("was written");
    assert!(
        (2..=20).all(|id| fs::read(folder.path().join(format!("out/{id}.pyc"))).expect("was written") == one)
    );

    drop(requests);
    assert!(worker.wait().expect("it ends").success());
}

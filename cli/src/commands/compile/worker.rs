//! Bazel's persistent worker protocol, in JSON: a request a line on standard input, a response a line on standard
//! output. A request's arguments are those of `pvm compile`. Requests with an id are served side by side, as
//! multiplex workers do; one without is served before the next is read.

use clap::Parser;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Mutex;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    #[serde(default)]
    arguments: Vec<String>,
    #[serde(default)]
    request_id: i64,
    /// The request of this id is no longer wanted. It is finished all the same: compiling is short.
    #[serde(default)]
    cancel: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    exit_code: u8,
    output: String,
    request_id: i64,
}

/// The arguments of a request, as those of a command of its own.
#[derive(Parser)]
#[command(name = "pvm compile", no_binary_name = true)]
struct Arguments {
    #[command(flatten)]
    args: super::Args,
}

/// Serves requests until standard input ends.
pub(super) fn serve(pool: &rayon::ThreadPool) -> ExitCode {
    let out = Mutex::new(io::stdout());
    let requests = serde_json::Deserializer::from_reader(io::stdin().lock()).into_iter::<Request>();
    std::thread::scope(|scope| {
        for request in requests {
            let request = match request {
                Ok(request) => request,
                Err(error) => {
                    eprintln!("pvm compile: bad request: {error}");
                    return ExitCode::FAILURE;
                }
            };
            if request.cancel {
                continue;
            }
            let alone = request.request_id == 0;
            let out = &out;
            let answer = move || {
                let response = respond(pool, request);
                let Ok(text) = serde_json::to_string(&response) else { return };
                if let Ok(mut out) = out.lock() {
                    // Bazel has gone if this fails; standard input will end.
                    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
                }
            };
            if alone {
                answer();
            } else {
                scope.spawn(answer);
            }
        }
        ExitCode::SUCCESS
    })
}

fn respond(pool: &rayon::ThreadPool, request: Request) -> Response {
    let mut output = Vec::new();
    let exit_code = match Arguments::try_parse_from(&request.arguments) {
        Ok(arguments) if arguments.args.persistent_worker => {
            output.extend_from_slice(b"pvm compile: error: a request cannot start a worker\n");
            2
        }
        Ok(arguments) => super::run_in(pool, arguments.args, Some(&mut output)),
        Err(error) => {
            output.extend_from_slice(error.to_string().as_bytes());
            2
        }
    };
    let output = String::from_utf8_lossy(&output).into_owned();
    Response { exit_code, output, request_id: request.request_id }
}

//! The small services that run in the sandbox.
//!
//! `web` answers with its host's name, on an address of its host. `address` is what a floating IP
//! address is to a real cluster: whoever holds it gets what clients send there. The kernel lets
//! only one process listen on it, so that two holders would be seen at once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::place::own_program;
use crate::error::Error;

/// How long a client may take to ask, or a service to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Runs `serve [--detach] PIDFILE web ADDRESS NAME | address ADDRESS TO`.
///
/// # Errors
/// When the address is taken.
pub fn run(words: &[&str]) -> Result<(), Error> {
    match words {
        ["--detach", rest @ ..] => detach(rest),
        [pid_file, "web", address, name] => {
            let name = (*name).to_owned();
            let pid = std::process::id();
            let text = format!("{name} answers (process {pid})\n");
            say(serve(Path::new(pid_file), address, move |stream| answer(stream, &text)))
        }
        [pid_file, "address", address, to] => {
            let to: SocketAddr = parse(to)?;
            say(serve(Path::new(pid_file), address, move |stream| hand_on(stream, to)))
        }
        _ => Err(Error::Usage("serve [--detach] PIDFILE web|address …".to_owned())),
    }
}

/// Runs the service as a process of its own; returns when it listens.
fn detach(words: &[&str]) -> Result<(), Error> {
    use std::os::unix::process::CommandExt;
    let failed = |error: std::io::Error| Error::File(format!("starting the service: {error}"));
    let mut child = Command::new(own_program()?)
        .args(["sandbox", "serve"])
        .args(words)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Whoever waits for the end of our output must not wait for the service's.
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line).map_err(failed)?;
    }
    if line.trim() == "ready" {
        return Ok(());
    }
    child.wait().map_err(failed)?;
    Err(Error::Refused(format!("the service does not start: {}", line.trim())))
}

/// Whoever started us reads our first line.
fn say(ended: Result<(), Error>) -> Result<(), Error> {
    if let Err(error) = &ended {
        out!("{error}");
    }
    ended
}

fn serve(
    pid_file: &Path,
    address: &str,
    each: impl Fn(TcpStream) -> std::io::Result<()> + Clone + Send + 'static,
) -> Result<(), Error> {
    let odd = |error: std::io::Error| Error::File(format!("{address}: {error}"));
    let listener = TcpListener::bind(parse(address)?).map_err(odd)?;
    if let Some(dir) = pid_file.parent() {
        std::fs::create_dir_all(dir).map_err(odd)?;
    }
    std::fs::write(pid_file, std::process::id().to_string()).map_err(odd)?;
    out!("ready");
    for stream in listener.incoming() {
        let (Ok(stream), each) = (stream, each.clone()) else { continue };
        // A client that goes away half-way is its own business.
        std::thread::spawn(move || drop(each(stream)));
    }
    Ok(())
}

fn parse(address: &str) -> Result<SocketAddr, Error> {
    address.parse().map_err(|_| Error::Usage(format!("'{address}' is no address with a port")))
}

/// Enough of HTTP for curl and browsers.
fn answer(mut stream: TcpStream, text: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut asked = [0; 4096];
    let _whatever_it_was = stream.read(&mut asked)?;
    write!(
        stream,
        "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    )
}

fn hand_on(client: TcpStream, to: SocketAddr) -> std::io::Result<()> {
    let service = TcpStream::connect_timeout(&to, PATIENCE)?;
    for stream in [&client, &service] {
        stream.set_read_timeout(Some(PATIENCE))?;
    }
    let (mut from_client, mut to_service) = (client.try_clone()?, service.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_service);
        let _ = to_service.shutdown(Shutdown::Write);
    });
    let (mut from_service, mut to_client) = (service, client);
    std::io::copy(&mut from_service, &mut to_client)?;
    to_client.shutdown(Shutdown::Both)
}

/// Asks the service: what it says, which begins with its host's name.
pub fn ask(address: SocketAddr, patience: Duration) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&address, patience).ok()?;
    stream.set_read_timeout(Some(patience)).ok()?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").ok()?;
    let mut said = String::new();
    stream.read_to_string(&mut said).ok()?;
    let (_, body) = said.split_once("\r\n\r\n")?;
    (!body.is_empty()).then(|| body.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_whoever_holds_it() {
        let web = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap();
        let (to, known) = (web.local_addr().unwrap(), address.local_addr().unwrap());
        std::thread::spawn(move || answer(web.accept().unwrap().0, "n2 answers\n"));
        std::thread::spawn(move || hand_on(address.accept().unwrap().0, to));
        assert_eq!(ask(known, PATIENCE).unwrap(), "n2 answers");
    }
}

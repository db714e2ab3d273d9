//! The lab's helper: `names PORT` tells the host's name to whoever connects; `power SOCKET HOST
//! WORDS...` passes a BMC's question to the lab; `hostile COUNT SECONDS SEED TARGETS...` attacks
//! heartbeats.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rota_lab::hostile;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["names", port] => names(port.parse()?),
        ["power", socket, question @ ..] => power(socket, &question.join(" ")),
        ["hostile", count, seconds, seed, targets @ ..] => {
            let targets: Result<Vec<_>, _> = targets.iter().map(|target| target.parse()).collect();
            let time = Duration::from_secs(seconds.parse()?);
            let sent = hostile::attack(&targets?, count.parse()?, time, seed.parse()?)?;
            println!("{sent}");
            Ok(())
        }
        _ => bail!("usage: rota-lab-tool names | power | hostile, see its source"),
    }
}

fn names(port: u16) -> Result<()> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname")?;
    let listener = TcpListener::bind(("0.0.0.0", port))?;
    for stream in listener.incoming() {
        // Whoever went away meanwhile will ask again.
        let _ = stream.and_then(|mut stream| stream.write_all(name.as_bytes()));
    }
    Ok(())
}

fn power(socket: &str, question: &str) -> Result<()> {
    let mut stream = UnixStream::connect(socket).context("the lab is gone")?;
    writeln!(stream, "{question}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.trim() == "error" || answer.is_empty() {
        bail!("{question}: refused");
    }
    print!("{}", answer.trim_start());
    Ok(())
}

//! Off and proven off, on, status: what fencing wants of a BMC.

use rota_fencing::Reply;
use tokio::time::{Instant, sleep};

use super::net::Pace;
use super::packet::{Answer, CHASSIS_CONTROL, Command, GET_CHASSIS_STATUS};
use super::session::{Failure, Login, Session};
use crate::limits::{LOOK_FAST, LOOK_SLOW, LOOKS_FAST, OFF_AGAIN, OFF_SEEN};

/// Chassis Control (28.3): the two actions that may be repeated without harm. Cycle (2) and hard
/// reset (3) may report success while the host stays on, and a repeat would hit the next boot.
const POWER_DOWN: u8 = 0;
const POWER_UP: u8 = 1;
/// Get Chassis Status (28.2), byte 1, bit 0.
const POWER_IS_ON: u8 = 0x01;

const CODE_OK: u8 = 0x00;
const CODE_BUSY: u8 = 0xc0;
const CODE_TIMEOUT: u8 = 0xc3;
const CODE_PRIVILEGE: u8 = 0xd4;
/// "Not supported in present state": it is off already, many BMCs say.
const CODE_PRESENT_STATE: u8 = 0xd5;

/// A BMC, for one action with one deadline.
pub(crate) struct Bmc<'a> {
    login: &'a Login,
    deadline: Instant,
    pace: Pace,
    session: Option<Session>,
}

impl<'a> Bmc<'a> {
    pub(crate) fn new(login: &'a Login, deadline: Instant) -> Self {
        Self { login, deadline, pace: Pace::new(), session: None }
    }

    /// Ends the session, if there is one.
    pub(crate) async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            session.close().await;
        }
    }

    /// Off, and seen off twice after the order.
    pub(crate) async fn off(&mut self) -> Result<Reply, Failure> {
        let began = Instant::now();
        loop {
            let code = self.order(POWER_DOWN).await?;
            let accepted = match code {
                CODE_OK => "accepted off",
                CODE_PRESENT_STATE => "said that it is off already",
                // The power may be off all the same; only looking tells.
                _ => return self.refused_unless_off(code).await,
            };
            if let Some(looks) = self.look_for_off().await? {
                let after = began.elapsed().as_millis();
                let suite = self.session.as_ref().map_or(0, |s| s.suite().number());
                let how = format!(
                    "the BMC at {} (cipher suite {suite}) {accepted}, then power seen off \
                     {OFF_SEEN} times in {looks} looks, {after} ms in all",
                    self.login.address,
                );
                return Ok(Reply::ProvenOff { how: how.into() });
            }
        }
    }

    /// On, and seen on.
    pub(crate) async fn on(&mut self) -> Result<Reply, Failure> {
        match self.order(POWER_UP).await? {
            CODE_OK | CODE_PRESENT_STATE => {}
            code => return Ok(refused("on", code)),
        }
        let mut looks = 0;
        loop {
            if self.is_on().await? {
                return Ok(Reply::On);
            }
            looks += 1;
            self.pause(looks, "on was accepted, the power stays off").await?;
        }
    }

    /// One look.
    pub(crate) async fn status(&mut self) -> Result<Reply, Failure> {
        Ok(if self.is_on().await? { Reply::On } else { Reply::Off })
    }

    /// Looks until "off" was seen often enough (the number of looks), or it is time to give the
    /// order again (`None`).
    async fn look_for_off(&mut self) -> Result<Option<u32>, Failure> {
        let again = Instant::now() + OFF_AGAIN;
        let (mut seen, mut looks) = (0, 0);
        loop {
            looks += 1;
            seen = if self.is_on().await? { 0 } else { seen + 1 };
            if seen >= OFF_SEEN {
                return Ok(Some(looks));
            }
            if seen == 0 && Instant::now() >= again {
                return Ok(None);
            }
            self.pause(looks, "off was accepted, the power stays on").await?;
        }
    }

    async fn refused_unless_off(&mut self, code: u8) -> Result<Reply, Failure> {
        for _ in 0..OFF_SEEN {
            if self.is_on().await? {
                return Ok(refused("off", code));
            }
            sleep(LOOK_FAST).await;
        }
        let how = format!(
            "the BMC at {} answered off with code {code:#04x}, power seen off {OFF_SEEN} times",
            self.login.address
        );
        Ok(Reply::ProvenOff { how: how.into() })
    }

    async fn pause(&mut self, looks: u32, what: &str) -> Result<(), Failure> {
        let pause = if looks < LOOKS_FAST { LOOK_FAST } else { LOOK_SLOW };
        if Instant::now() + pause >= self.deadline {
            return Err(Failure::TimeUp(what.into()));
        }
        sleep(pause).await;
        Ok(())
    }

    /// Chassis Control; the completion code, with "busy" waited out.
    async fn order(&mut self, what: u8) -> Result<u8, Failure> {
        Ok(self.ask(CHASSIS_CONTROL, &[what]).await?.code)
    }

    async fn is_on(&mut self) -> Result<bool, Failure> {
        let answer = self.ask(GET_CHASSIS_STATUS, &[]).await?;
        match (answer.code, answer.data.first()) {
            (CODE_OK, Some(state)) => Ok(state & POWER_IS_ON != 0),
            (code, Some(_) | None) => {
                Err(Failure::Refused(format!("status failed with code {code:#04x}")))
            }
        }
    }

    /// Asks until there is an answer other than "busy", in as many sessions as it takes.
    async fn ask(&mut self, command: Command, data: &[u8]) -> Result<Answer, Failure> {
        let mut tries = 0;
        loop {
            let mut session = match self.session.take() {
                Some(session) => session,
                None => Session::open(self.login, &mut self.pace, self.deadline).await?,
            };
            let (pace, deadline) = (&mut self.pace, self.deadline);
            let answer = match command {
                CHASSIS_CONTROL => session.order(command, data, pace, deadline).await,
                _ => session.ask(command, data, pace, deadline).await,
            };
            match answer {
                Some(Answer { code: CODE_BUSY | CODE_TIMEOUT, .. }) => {
                    self.session = Some(session);
                    tries += 1;
                    self.pause(tries, "the BMC is busy").await?;
                }
                Some(answer) => {
                    self.session = Some(session);
                    return Ok(answer);
                }
                // Lost: the BMC may have restarted. Opening a new one notices the deadline.
                None => session.close().await,
            }
        }
    }
}

fn refused(what: &str, code: u8) -> Reply {
    let why = match code {
        CODE_PRIVILEGE => format!("{what}: the user's privilege level is too low"),
        code => format!("{what}: the BMC refused with code {code:#04x}"),
    };
    Reply::Refused { why: why.into() }
}

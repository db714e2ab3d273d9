//! The messages that open a session, and what is computed from them.
//!
//! IPMI v2.0 rev 1.1: Open Session 13.17 and 13.18, RAKP 1 to 4 13.20 to 13.23, status codes
//! 13.24, session integrity key 13.31.

use super::crypto::{Secret, SessionKeys, Suite, same};

/// What both sides know after RAKP 2; every MAC of the handshake is over parts of it.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub suite: Suite,
    /// The console's session id (SIDm), as it stands in packets.
    pub console: [u8; 4],
    /// The BMC's session id (SIDc).
    pub bmc: [u8; 4],
    /// The console's random number (Rm).
    pub console_random: [u8; 16],
    /// The BMC's random number (Rc).
    pub bmc_random: [u8; 16],
    /// The BMC's identity (GUIDc).
    pub guid: [u8; 16],
    /// Role byte, length of the user's name, the name.
    pub role_and_user: Vec<u8>,
}

impl Exchange {
    /// The BMC's proof in RAKP 2 that it knows the password.
    pub(crate) fn rakp2_code(&self, password: &[u8]) -> Secret {
        let parts: [&[u8]; 6] = [
            &self.console,
            &self.bmc,
            &self.console_random,
            &self.bmc_random,
            &self.guid,
            &self.role_and_user,
        ];
        self.suite.hmac(password, &parts)
    }

    /// The console's proof in RAKP 3.
    pub(crate) fn rakp3_code(&self, password: &[u8]) -> Secret {
        let parts: [&[u8]; 3] = [&self.bmc_random, &self.console, &self.role_and_user];
        self.suite.hmac(password, &parts)
    }

    /// The session integrity key; `kg` is the BMC's own key, or the password again without one.
    pub(crate) fn session_key(&self, kg: &[u8]) -> Secret {
        let parts: [&[u8]; 3] = [&self.console_random, &self.bmc_random, &self.role_and_user];
        self.suite.hmac(kg, &parts)
    }

    /// The BMC's proof in RAKP 4 that it has the same session key.
    pub(crate) fn rakp4_code(&self, session_key: &[u8]) -> Secret {
        let parts: [&[u8]; 3] = [&self.console_random, &self.bmc, &self.guid];
        self.suite.sign(session_key, &parts)
    }

    /// The exchange completed by a RAKP 2, if the BMC knows the password: checked before anything
    /// made from the password leaves this host.
    pub(crate) fn with(&self, rakp2: &[u8], password: &[u8]) -> Option<Self> {
        let (bmc_random, guid, code) = rakp2_parts(rakp2)?;
        let complete = Self { bmc_random, guid, ..self.clone() };
        same(&complete.rakp2_code(password), code).then_some(complete)
    }

    pub(crate) fn keys(&self, session_key: &[u8]) -> SessionKeys {
        SessionKeys::derive(self.suite, session_key)
    }
}

/// The role byte: look the user up by name alone (bit 4), at this privilege level.
pub(crate) fn role_and_user(privilege: u8, user: &str) -> Vec<u8> {
    let mut out = vec![0x10 | privilege, u8::try_from(user.len()).unwrap_or(u8::MAX)];
    out.extend_from_slice(user.as_bytes());
    out
}

pub(crate) fn open_session_request(tag: u8, console: [u8; 4], suite: Suite) -> Vec<u8> {
    // Privilege 0: the highest the suite allows; RAKP 1 names the one we want.
    let mut out = vec![tag, 0, 0, 0];
    out.extend(console);
    out.extend(proposal(suite));
    out
}

/// The three algorithm records that a request proposes and a response repeats.
pub(crate) fn proposal(suite: Suite) -> Vec<u8> {
    let mut out = Vec::with_capacity(24);
    for (i, algorithm) in (0u8..).zip(suite.algorithms()) {
        out.extend([i, 0, 0, 8, algorithm, 0, 0, 0]);
    }
    out
}

pub(crate) fn rakp1(tag: u8, bmc: [u8; 4], random: [u8; 16], role_and_user: &[u8]) -> Vec<u8> {
    let mut out = vec![tag, 0, 0, 0];
    out.extend(bmc);
    out.extend(random);
    let (role, user) = role_and_user.split_at(role_and_user.len().min(1));
    out.extend_from_slice(role);
    out.extend([0, 0]);
    out.extend_from_slice(user);
    out
}

pub(crate) fn rakp3(tag: u8, status: u8, bmc: [u8; 4], code: &[u8]) -> Vec<u8> {
    let mut out = vec![tag, status, 0, 0];
    out.extend(bmc);
    out.extend_from_slice(code);
    out
}

/// What all three answers begin with. Error answers may be as short as two bytes: ipmi_sim leaves
/// out the session id, other BMCs pad.
#[derive(Debug)]
pub(crate) struct Preamble<'a> {
    pub tag: u8,
    pub status: u8,
    /// The console's session id; absent in short error answers.
    pub console: Option<[u8; 4]>,
    pub rest: &'a [u8],
}

pub(crate) fn preamble(payload: &[u8]) -> Option<Preamble<'_>> {
    let (&tag, &status) = (payload.first()?, payload.get(1)?);
    let console = payload.get(4..8).and_then(|id| id.try_into().ok());
    Some(Preamble { tag, status, console, rest: payload.get(8..).unwrap_or_default() })
}

/// An open session response: the BMC's session id, if it chose the algorithms we proposed.
pub(crate) fn open_session_answer(rest: &[u8], suite: Suite) -> Result<[u8; 4], WrongSuite> {
    let (id, records) = rest.split_at_checked(4).ok_or(WrongSuite)?;
    let chosen: Option<Vec<u8>> = (0..3).map(|i| records.get(i * 8 + 4).copied()).collect();
    // Never fall back: a BMC that picks other algorithms is refused, whatever they are.
    match (chosen, id.try_into()) {
        (Some(chosen), Ok(id)) if chosen == suite.algorithms() => Ok(id),
        (Some(_) | None, Ok(_) | Err(_)) => Err(WrongSuite),
    }
}

/// The BMC chose algorithms that were not proposed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct WrongSuite;

/// RAKP 2 without its preamble: random number, identity, MAC.
pub(crate) fn rakp2_parts(rest: &[u8]) -> Option<([u8; 16], [u8; 16], &[u8])> {
    let random = rest.get(..16)?.try_into().ok()?;
    let guid = rest.get(16..32)?.try_into().ok()?;
    Some((random, guid, rest.get(32..)?))
}

/// What a status code of the handshake means for us (table 13-15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    /// The suite is not offered: another may be.
    SuiteRefused,
    /// The session was forgotten or there was no room: begin again.
    Again,
    /// Final.
    Refused(&'static str),
}

pub(crate) fn status(code: u8) -> Status {
    match code {
        0x00 => Status::Ok,
        0x01 | 0x02 | 0x08 => Status::Again,
        0x04 | 0x05 | 0x10 | 0x11 => Status::SuiteRefused,
        0x09 | 0x0a => Status::Refused("the user may not have this privilege level"),
        0x0b => Status::Refused("the BMC has no free login for this privilege level"),
        0x0c | 0x0d => Status::Refused("unknown user name"),
        0x0e => Status::Refused("the BMC's key (hexadecimal_kg) does not fit"),
        0x0f => Status::Refused("wrong password"),
        _ => Status::Refused("the BMC refused the login"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bmc_that_picks_other_algorithms_is_refused() {
        let rest = |suite| [&[1, 2, 3, 4][..], &proposal(suite)].concat();
        assert_eq!(open_session_answer(&rest(Suite::Three), Suite::Three), Ok([1, 2, 3, 4]));
        assert_eq!(open_session_answer(&rest(Suite::Three), Suite::Seventeen), Err(WrongSuite));
        let mut none = rest(Suite::Three);
        for algorithm in 0..3 {
            none[4 + algorithm * 8 + 4] = 0;
        }
        assert_eq!(open_session_answer(&none, Suite::Three), Err(WrongSuite), "suite 0");
        assert_eq!(open_session_answer(&none[..20], Suite::Three), Err(WrongSuite), "short");
    }

    #[test]
    fn short_error_answers_are_understood() {
        let short = preamble(&[9, 0x0d]).unwrap();
        assert_eq!((short.tag, short.status, short.console), (9, 0x0d, None));
        assert!(preamble(&[9]).is_none());
        assert!(rakp2_parts(&[0; 18]).is_none(), "an 18-byte RAKP 2 is not read past its end");
    }

    proptest! {
        #[test]
        fn foreign_handshakes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let exchange = Exchange {
                suite: Suite::Seventeen,
                console: [1; 4],
                bmc: [2; 4],
                console_random: [3; 16],
                bmc_random: [0; 16],
                guid: [0; 16],
                role_and_user: role_and_user(3, "user"),
            };
            if let Some(answer) = preamble(&bytes) {
                let _ = status(answer.status);
                prop_assert!(open_session_answer(answer.rest, Suite::Three).is_err());
                prop_assert!(exchange.with(answer.rest, b"password").is_none());
            }
        }
    }
}

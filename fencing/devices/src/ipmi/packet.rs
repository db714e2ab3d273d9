//! Bytes on the wire: RMCP, the RMCP+ session header and trailer, IPMI messages.
//!
//! IPMI v2.0 rev 1.1: RMCP 13.1.3, RMCP+ packet table 13-8, LAN messages 13.8, checksum 13.8.
//! A BMC is a foreign peer: everything is taken with `get`, a wrong length is `None`.

use super::crypto::{AES_BLOCK, SessionKeys};

/// RMCP version 1.0, no acknowledgement, class IPMI.
pub(crate) const RMCP: [u8; 4] = [0x06, 0x00, 0xff, 0x07];
/// The session header's authentication type that says "RMCP+ format".
const FORMAT_RMCP_PLUS: u8 = 0x06;
const ENCRYPTED: u8 = 0x80;
const AUTHENTICATED: u8 = 0x40;
/// "Next header" of the session trailer, always the same.
const NEXT_HEADER: u8 = 0x07;

/// The payload types we use (table 13-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PayloadType {
    Ipmi = 0x00,
    OpenSessionRequest = 0x10,
    OpenSessionResponse = 0x11,
    Rakp1 = 0x12,
    Rakp2 = 0x13,
    Rakp3 = 0x14,
    Rakp4 = 0x15,
}

impl PayloadType {
    fn of(number: u8) -> Option<Self> {
        Some(match number {
            0x00 => Self::Ipmi,
            0x10 => Self::OpenSessionRequest,
            0x11 => Self::OpenSessionResponse,
            0x12 => Self::Rakp1,
            0x13 => Self::Rakp2,
            0x14 => Self::Rakp3,
            0x15 => Self::Rakp4,
            _ => return None,
        })
    }
}

/// A packet before authentication: what the header says about itself.
#[derive(Debug)]
pub(crate) struct Packet<'a> {
    pub kind: PayloadType,
    pub session: u32,
    sealed: bool,
    payload: &'a [u8],
    /// Everything the signature covers, and the signature.
    signed: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> Packet<'a> {
    /// Reads a datagram as far as it can be read without keys.
    pub(crate) fn parse(datagram: &'a [u8], signature_length: usize) -> Option<Self> {
        let session = datagram.strip_prefix(&RMCP)?;
        let header = session.get(..12)?;
        if header[0] != FORMAT_RMCP_PLUS {
            return None;
        }
        let kind = PayloadType::of(header[1] & 0x3f)?;
        let id = u32::from_le_bytes(header[2..6].try_into().ok()?);
        let length = usize::from(u16::from_le_bytes(header[10..12].try_into().ok()?));
        let payload = session.get(12..12 + length)?;
        let sealed = header[1] & ENCRYPTED != 0;
        let signed = if header[1] & AUTHENTICATED != 0 {
            let end = session.len().checked_sub(signature_length).filter(|end| *end >= 14)?;
            Some((&session[..end], &session[end..]))
        } else {
            None
        };
        Some(Self { kind, session: id, sealed, payload, signed })
    }

    /// The payload of a packet outside a session.
    pub(crate) fn open_plain(&self) -> Option<&'a [u8]> {
        (!self.sealed && self.signed.is_none()).then_some(self.payload)
    }

    /// The payload of a packet inside a session: signed and encrypted, or nothing.
    pub(crate) fn open_sealed(&self, keys: &SessionKeys) -> Option<Vec<u8>> {
        let (covered, signature) = self.signed?;
        if !self.sealed || !keys.verify(covered, signature) {
            return None;
        }
        keys.decrypt(self.payload)
    }
}

/// A packet outside a session (or before its keys are agreed).
pub(crate) fn plain(kind: PayloadType, payload: &[u8]) -> Vec<u8> {
    let mut out = RMCP.to_vec();
    header(&mut out, kind as u8, 0, 0, payload);
    out
}

/// A signed and encrypted packet; `None` if the payload is too long.
pub(crate) fn sealed(
    keys: &SessionKeys,
    vector: [u8; AES_BLOCK],
    session: u32,
    sequence: u32,
    payload: &[u8],
) -> Option<Vec<u8>> {
    let payload = keys.encrypt(vector, payload).filter(|p| p.len() < 1000)?;
    let mut out = RMCP.to_vec();
    let kind = PayloadType::Ipmi as u8 | ENCRYPTED | AUTHENTICATED;
    header(&mut out, kind, session, sequence, &payload);
    // Padded so that what is signed is a multiple of four bytes.
    let pad = (4 - (out.len() - RMCP.len() + 2) % 4) % 4;
    out.extend([0xff; 3].iter().take(pad));
    out.extend([u8::try_from(pad).ok()?, NEXT_HEADER]);
    let signature = keys.sign(&out[RMCP.len()..]);
    out.extend_from_slice(&signature);
    Some(out)
}

fn header(out: &mut Vec<u8>, kind: u8, session: u32, sequence: u32, payload: &[u8]) {
    out.extend([FORMAT_RMCP_PLUS, kind]);
    out.extend(session.to_le_bytes());
    out.extend(sequence.to_le_bytes());
    out.extend(u16::try_from(payload.len()).unwrap_or(u16::MAX).to_le_bytes());
    out.extend_from_slice(payload);
}

const BMC_ADDRESS: u8 = 0x20;
const CONSOLE_ADDRESS: u8 = 0x81;

/// A command by its two numbers (IPMI appendix G).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    pub net_fn: u8,
    pub number: u8,
}

pub(crate) const GET_CHASSIS_STATUS: Command = Command { net_fn: 0x00, number: 0x01 };
pub(crate) const CHASSIS_CONTROL: Command = Command { net_fn: 0x00, number: 0x02 };
pub(crate) const GET_DEVICE_ID: Command = Command { net_fn: 0x06, number: 0x01 };
pub(crate) const GET_CHANNEL_AUTH_CAPABILITIES: Command = Command { net_fn: 0x06, number: 0x38 };
pub(crate) const SET_SESSION_PRIVILEGE: Command = Command { net_fn: 0x06, number: 0x3b };
pub(crate) const CLOSE_SESSION: Command = Command { net_fn: 0x06, number: 0x3c };
pub(crate) const GET_CHANNEL_CIPHER_SUITES: Command = Command { net_fn: 0x06, number: 0x54 };

/// A message to the BMC.
pub(crate) fn request(command: Command, sequence: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![BMC_ADDRESS, command.net_fn << 2];
    out.push(checksum(&out));
    let body = out.len();
    out.extend([CONSOLE_ADDRESS, sequence << 2, command.number]);
    out.extend_from_slice(data);
    out.push(checksum(&out[body..]));
    out
}

/// The BMC's answer: completion code and data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub code: u8,
    pub data: Vec<u8>,
}

/// The answer in a message, if it is the one to this command and sequence number.
pub(crate) fn answer(message: &[u8], command: Command, sequence: u8) -> Option<Answer> {
    let whole = message.get(..8)?;
    let ours = whole[0] == CONSOLE_ADDRESS
        && whole[1] >> 2 == command.net_fn | 1
        && whole[4] >> 2 == sequence
        && whole[5] == command.number;
    let intact = checksum(&message[..2]) == message[2]
        && checksum(&message[3..message.len() - 1]) == message[message.len() - 1];
    (ours && intact)
        .then(|| Answer { code: message[6], data: message[7..message.len() - 1].to_vec() })
}

/// What a BMC reads out of a request: command, sequence number, data.
pub(crate) fn read_request(message: &[u8]) -> Option<(Command, u8, &[u8])> {
    message.get(..7)?;
    let intact = checksum(&message[..2]) == message[2]
        && checksum(&message[3..message.len() - 1]) == message[message.len() - 1];
    let command = Command { net_fn: message[1] >> 2, number: message[5] };
    intact.then(|| (command, message[4] >> 2, &message[6..message.len() - 1]))
}

/// What a BMC writes back.
pub(crate) fn response(command: Command, sequence: u8, code: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![CONSOLE_ADDRESS, (command.net_fn | 1) << 2];
    out.push(checksum(&out));
    let body = out.len();
    out.extend([BMC_ADDRESS, sequence << 2, command.number, code]);
    out.extend_from_slice(data);
    out.push(checksum(&out[body..]));
    out
}

/// Two's complement, so that the sum with it is zero.
fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0u8, |sum, b| sum.wrapping_add(*b)).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::super::crypto::Suite;
    use super::*;
    use proptest::prelude::*;

    fn keys() -> SessionKeys {
        SessionKeys::derive(Suite::Three, b"sik")
    }

    #[test]
    fn a_request_looks_as_the_specification_says() {
        // Get Device ID, sequence 1: worked example of every IPMI tool's debug output.
        assert_eq!(request(GET_DEVICE_ID, 1, &[]), [0x20, 0x18, 0xc8, 0x81, 0x04, 0x01, 0x7a]);
        let reply = response(GET_DEVICE_ID, 1, 0, &[9, 8]);
        let read = answer(&reply, GET_DEVICE_ID, 1);
        assert_eq!(read, Some(Answer { code: 0, data: vec![9, 8] }));
        assert_eq!(answer(&reply, GET_DEVICE_ID, 2), None, "another sequence number");
        assert_eq!(answer(&reply, CHASSIS_CONTROL, 1), None, "another command");
    }

    #[test]
    fn what_is_signed_is_a_multiple_of_four() {
        for length in 0..40 {
            let packet = sealed(&keys(), [1; 16], 5, 6, &vec![0; length]).unwrap();
            assert_eq!((packet.len() - RMCP.len() - 12) % 4, 0);
        }
    }

    #[test]
    fn one_flipped_bit_anywhere_is_refused() {
        let packet = sealed(&keys(), [1; 16], 5, 6, b"hello").unwrap();
        let opened = Packet::parse(&packet, 12).unwrap().open_sealed(&keys()).unwrap();
        assert_eq!(opened, b"hello");
        for bit in 0..packet.len() * 8 {
            let mut damaged = packet.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let opened = Packet::parse(&damaged, 12).and_then(|p| p.open_sealed(&keys()));
            assert_eq!(opened, None, "bit {bit}");
        }
    }

    #[test]
    fn unsigned_or_unencrypted_packets_say_nothing_inside_a_session() {
        let packet = plain(PayloadType::Ipmi, b"power is off, honestly");
        assert!(Packet::parse(&packet, 12).unwrap().open_sealed(&keys()).is_none());
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            with_header in any::<bool>(),
            signature in 0..20usize,
        ) {
            let mut datagram = if with_header { [&RMCP[..], &[FORMAT_RMCP_PLUS]].concat() } else { vec![] };
            datagram.extend(&bytes);
            if let Some(packet) = Packet::parse(&datagram, signature) {
                let _ = packet.open_plain();
                prop_assert!(packet.open_sealed(&keys()).is_none());
            }
            let _ = answer(&bytes, CHASSIS_CONTROL, 1);
            let _ = read_request(&bytes);
            let _ = keys().decrypt(&bytes);
        }
    }
}

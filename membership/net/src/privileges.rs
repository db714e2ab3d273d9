//! Real-time priority for the heartbeat thread, and memory that is not swapped out.

use std::io;

use nix::sys::mman::{MlockAllFlags, mlockall};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

/// Above all ordinary threads, below the kernel's own real-time threads (which use 50 and 99).
const PRIORITY: i32 = 10;

/// The bit of CAP_IPC_LOCK in a capability set (capability.h).
const CAP_IPC_LOCK: u32 = 14;

/// What the thread asked for and got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// Round-robin real-time scheduling.
    pub realtime: Grant,
    /// Memory that stays in RAM.
    pub locked_memory: Grant,
}

/// The answer to one wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Given.
    Granted,
    /// Refused, and why. Heartbeats go on without it.
    Refused(String),
    /// The configuration does not want it.
    NotAsked,
}

impl Grant {
    fn of(wanted: bool, ask: impl FnOnce() -> io::Result<()>) -> Self {
        if !wanted {
            return Self::NotAsked;
        }
        ask().map_or_else(|error| Self::Refused(error.to_string()), |()| Self::Granted)
    }
}

/// Asks for both, for the calling thread (priority) and the whole process (memory).
pub(crate) fn ask(realtime: bool, lock_memory: bool) -> Privileges {
    Privileges {
        realtime: Grant::of(realtime, set_realtime),
        locked_memory: Grant::of(lock_memory, lock),
    }
}

#[expect(unsafe_code, reason = "nix has no wrapper for sched_setscheduler")]
fn set_realtime() -> io::Result<()> {
    let param = libc::sched_param { sched_priority: PRIORITY };
    // SAFETY: `param` lives through the call, which only reads it; 0 means the calling thread.
    let answer = unsafe {
        libc::sched_setscheduler(0, libc::SCHED_RR | libc::SCHED_RESET_ON_FORK, &raw const param)
    };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Locks every page from the moment it is first used, and none before: thread stacks and arenas
/// that are merely reserved stay out of memory.
fn lock() -> io::Result<()> {
    // Under a finite limit a granted lock would make later allocations of the daemon fail.
    if !may_lock_without_limit()? {
        return Err(io::Error::other("RLIMIT_MEMLOCK is finite and CAP_IPC_LOCK is missing"));
    }
    let on_fault = MlockAllFlags::from_bits_retain(libc::MCL_ONFAULT);
    Ok(mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE | on_fault)?)
}

fn may_lock_without_limit() -> io::Result<bool> {
    let (soft, _hard) = getrlimit(Resource::RLIMIT_MEMLOCK)?;
    if soft == RLIM_INFINITY {
        return Ok(true);
    }
    let status = std::fs::read_to_string("/proc/self/status")?;
    let effective = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let bits = effective.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    Ok(bits.is_some_and(|bits| bits & (1 << CAP_IPC_LOCK) != 0))
}

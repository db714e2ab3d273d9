//! Whole nodes on loopback: real sockets, real threads, real keys.

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod loopback;
#[cfg(test)]
mod support;

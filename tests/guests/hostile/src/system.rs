//! What an ordinary program may do, and a workflow may not.

use std::{fs, net::TcpStream, thread as threads, time::Duration};

use dalsegno_sdk::{Failure, workflow};

/// Opens a connection.
#[workflow]
pub(crate) async fn socket() -> Result<String, Failure> {
    let stream = TcpStream::connect("127.0.0.1:9")?;
    Ok(format!("{stream:?}"))
}

/// Reads a file. There is no folder that it could be in, so this is an ordinary error.
#[workflow]
pub(crate) async fn file() -> Result<String, Failure> {
    Ok(fs::read_to_string("/etc/passwd")?)
}

/// Sleeps in a blocking call.
#[workflow]
pub(crate) async fn blocking_sleep() {
    threads::sleep(Duration::from_secs(1));
}

/// Starts a thread. There are none, so this is an ordinary error.
#[workflow]
pub(crate) async fn thread() -> Result<(), Failure> {
    threads::Builder::new().spawn(|| ())?;
    Ok(())
}

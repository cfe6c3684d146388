//! A stand-in that listens for as long as its owner keeps it.

use axum::Router;
use std::{io, net::SocketAddr};
use tokio::{net::TcpListener, task::JoinHandle};

/// A listening stand-in; it stops accepting when dropped.
#[derive(Debug)]
pub struct Serving {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Serving {
    /// Serves `router` on this machine only; port 0 lets the system choose.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(router: Router, port: u16) -> io::Result<Serving> {
        Serving::over(TcpListener::bind(("127.0.0.1", port)).await?, router)
    }

    /// Serves `router` on a listener that exists already, for a router that must know its address.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn over(listener: TcpListener, router: Router) -> io::Result<Serving> {
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "stand-in stopped");
            }
        });
        Ok(Serving { address, task })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:<port>`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}

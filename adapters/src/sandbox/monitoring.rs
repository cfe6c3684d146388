//! The monitoring of a sandbox: the real Prometheus and Alertmanager where they are installed,
//! stand-ins where they are not, and a sink for what they send.

mod alertmanager;
mod dispatch;
mod live;
mod prometheus;
mod silences;
mod state;
mod troubled;

use super::{
    fault::Mischief,
    process::{self, Process, ProcessError},
    sink::Sink,
};
use crate::{
    monitor::{Component, ConfigFiles, MonitorConfig},
    systems::Endpoint,
};
use alertmanager::AlertmanagerStandIn;
use prometheus::PrometheusStandIn;
use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use thiserror::Error;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Which programs a sandbox runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Programs {
    /// The real ones when both are installed, else stand-ins.
    #[default]
    Best,
    /// The real ones, or nothing.
    Real,
    /// Stand-ins, whatever is installed.
    StandIn,
}

/// A sandbox that does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// A program was asked for and is not installed.
    #[error("{0} is not installed")]
    NotInstalled(&'static str),
    /// A program does not run.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// A folder, a file or a port cannot be had.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A stand-in refuses its first configuration.
    #[error("{0}")]
    Config(String),
}

/// Prometheus, Alertmanager, their files and a sink; all of it ends when dropped.
#[derive(Debug)]
pub struct Monitoring {
    /// Address of Prometheus.
    pub prometheus_url: String,
    /// Address of Alertmanager.
    pub alertmanager_url: String,
    /// Whether these are the real programs.
    pub real: bool,
    /// Where both find their configuration; see [`MonitorConfig::config_dir`].
    pub config_dir: PathBuf,
    /// What receives the notifications.
    pub sink: Sink,
    running: Servers,
}

// Kept for what dropping them ends.
#[derive(Debug)]
enum Servers {
    Real {
        _alertmanager: Process,
        _prometheus: Process,
    },
    StandIn {
        alertmanager: AlertmanagerStandIn,
        prometheus: PrometheusStandIn,
    },
}

const READY_WITHIN: Duration = Duration::from_secs(30);
/// Another program may take a free port before ours does.
const START_TRIES: u32 = 5;

impl Monitoring {
    /// Starts everything below the folder `dir`, with a Prometheus whose metrics carry the label
    /// `cluster`, and waits until it is ready. The default receiver is `support`; alerts with
    /// `scope="platform"` go to `supervision`. Both post to the sink, under their names.
    ///
    /// # Errors
    /// When a program is missing or does not become ready in half a minute.
    pub async fn start(
        dir: &Path,
        cluster: &str,
        programs: Programs,
    ) -> Result<Monitoring, StartError> {
        // The programs run in folders of their own, where a relative path would mean another place.
        let dir = &std::path::absolute(dir)?;
        let sink = Sink::start().await?;
        let files = ConfigFiles::new(dir);
        put(&files, Component::Alertmanager, &alertmanager_yml(&sink))?;
        let found = process::find(&["prometheus-alertmanager", "alertmanager"])
            .zip(process::find(&["prometheus"]));
        match (programs, found) {
            (Programs::Best | Programs::Real, Some((alertmanager, prometheus))) => {
                let programs = (alertmanager.as_path(), prometheus.as_path());
                Monitoring::real(dir, cluster, sink, &files, programs).await
            }
            (Programs::Real, None) => Err(StartError::NotInstalled(
                "prometheus or prometheus-alertmanager",
            )),
            (Programs::Best | Programs::StandIn, _) => {
                Monitoring::stand_in(dir, cluster, sink, &files).await
            }
        }
    }

    async fn real(
        dir: &Path,
        cluster: &str,
        sink: Sink,
        files: &ConfigFiles,
        (alertmanager, prometheus): (&Path, &Path),
    ) -> Result<Monitoring, StartError> {
        let path = files.path(Component::Alertmanager);
        let (alertmanager, am_port) = launch(dir, Component::Alertmanager, alertmanager, |port| {
            vec![
                format!("--config.file={}", path.display()),
                format!("--storage.path={}", dir.join("alertmanager/data").display()),
                "--cluster.listen-address=".to_owned(),
                format!("--web.listen-address=127.0.0.1:{port}"),
            ]
        })
        .await?;
        let path = files.path(Component::Prometheus);
        put(
            files,
            Component::Prometheus,
            &prometheus_yml(cluster, am_port),
        )?;
        let (prometheus, port) = launch(dir, Component::Prometheus, prometheus, |port| {
            vec![
                format!("--config.file={}", path.display()),
                format!(
                    "--storage.tsdb.path={}",
                    dir.join("prometheus/data").display()
                ),
                "--web.enable-lifecycle".to_owned(),
                format!("--web.listen-address=127.0.0.1:{port}"),
            ]
        })
        .await?;
        Ok(Monitoring {
            prometheus_url: url(port),
            alertmanager_url: url(am_port),
            real: true,
            config_dir: dir.to_owned(),
            sink,
            running: Servers::Real {
                _alertmanager: alertmanager,
                _prometheus: prometheus,
            },
        })
    }

    async fn stand_in(
        dir: &Path,
        cluster: &str,
        sink: Sink,
        files: &ConfigFiles,
    ) -> Result<Monitoring, StartError> {
        let alertmanager = AlertmanagerStandIn::start(files.path(Component::Alertmanager)).await?;
        let am_port = alertmanager.port();
        put(
            files,
            Component::Prometheus,
            &prometheus_yml(cluster, am_port),
        )?;
        let prometheus = PrometheusStandIn::start(files.path(Component::Prometheus)).await?;
        Ok(Monitoring {
            prometheus_url: url(prometheus.port()),
            alertmanager_url: url(am_port),
            real: false,
            config_dir: dir.to_owned(),
            sink,
            running: Servers::StandIn {
                alertmanager,
                prometheus,
            },
        })
    }

    /// How a zone reaches this monitoring.
    #[must_use]
    pub fn config(&self) -> MonitorConfig {
        let endpoint = |url: &str| Endpoint {
            url: url.to_owned(),
            token: None,
            ca_file: None,
        };
        MonitorConfig {
            prometheus: endpoint(&self.prometheus_url),
            alertmanager: endpoint(&self.alertmanager_url),
            config_dir: self.config_dir.clone(),
        }
    }

    /// The configuration files as they lie there now, by path: the first content of the platform
    /// repository.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn files(&self) -> io::Result<Vec<(&'static str, String)>> {
        [Component::Prometheus, Component::Alertmanager]
            .into_iter()
            .map(|it| {
                Ok((
                    it.file(),
                    fs::read_to_string(self.config_dir.join(it.file()))?,
                ))
            })
            .collect()
    }

    /// Misbehaviour of a stand-in; the real programs have none to order.
    #[must_use]
    pub fn mischief(&self, component: Component) -> Option<&Mischief> {
        match (&self.running, component) {
            (Servers::Real { .. }, _) => None,
            (Servers::StandIn { prometheus, .. }, Component::Prometheus) => {
                Some(prometheus.mischief())
            }
            (Servers::StandIn { alertmanager, .. }, Component::Alertmanager) => {
                Some(alertmanager.mischief())
            }
        }
    }
}

/// Starts a program on a free port, with the arguments for that port.
async fn launch(
    dir: &Path,
    component: Component,
    program: &Path,
    args: impl Fn(u16) -> Vec<String>,
) -> Result<(Process, u16), StartError> {
    let name = component.name();
    let mut tries = 0;
    loop {
        tries += 1;
        let port = process::free_port()?;
        let (dir, log) = (dir.join(name), dir.join(format!("{name}.log")));
        let mut process = Process::start(program, args(port), &dir, &log)?;
        match process.until(READY_WITHIN, || is_ready(port)).await {
            Ok(()) => return Ok((process, port)),
            Err(ProcessError::Ended { .. }) if tries < START_TRIES => {}
            Err(e) => return Err(e.into()),
        }
    }
}

async fn is_ready(port: u16) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"GET /-/ready HTTP/1.0\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        io::Result::Ok(answer)
    };
    let answer = ask.await.unwrap_or_default();
    answer.starts_with(b"HTTP/1.") && answer.get(8..12) == Some(b" 200")
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

fn put(files: &ConfigFiles, component: Component, text: &str) -> io::Result<()> {
    let path = files.path(component);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn prometheus_yml(cluster: &str, alertmanager: u16) -> String {
    format!(
        "\
global:
  scrape_interval: 5s
  evaluation_interval: 5s
  external_labels:
    cluster: {cluster}
alerting:
  alertmanagers:
    - static_configs:
        - targets: ['127.0.0.1:{alertmanager}']
"
    )
}

fn alertmanager_yml(sink: &Sink) -> String {
    let (support, supervision) = (sink.url("support"), sink.url("supervision"));
    format!(
        "\
route:
  receiver: support
  group_by: [alertname]
  group_wait: 1s
  group_interval: 5s
  repeat_interval: 4h
  routes:
    - receiver: supervision
      matchers: ['scope=\"platform\"']
receivers:
  - name: support
    webhook_configs:
      - url: {support}
  - name: supervision
    webhook_configs:
      - url: {supervision}
"
    )
}

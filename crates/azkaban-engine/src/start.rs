//! Starting and stopping.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use azkaban_runner::{Runner, RunnerConfig, RunnerError};
use azkaban_store::Store;

use crate::callbacks::CallbackSender;
use crate::events::Events;
use crate::executions::{FlowPages, LogIndexes};
use crate::executor::{Executor, RecoverError, recover};
use crate::layouts::Layouts;
use crate::log_retention;
use crate::machine::Machine;
use crate::mail::MailSender;
use crate::metric_history::{self, MetricHistory};
use crate::outbox::Outbox;
use crate::schedules::{self, Schedules};
use crate::server_state::ServerState;
use crate::services::{Services, ServicesError};
use crate::{Clock, Config, Engine, Inner, audit, clock};

/// Mails and callbacks on their way at a stop get so long to arrive; what does not is sent at the next start.
const SENDING_GRACE: Duration = Duration::from_millis(300);

/// Why the engine does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A folder cannot be used.
    #[error("cannot use the folder {}: {source}", .folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Users, sessions or projects.
    #[error(transparent)]
    Services(#[from] ServicesError),
    /// The processes that supervise jobs.
    #[error("cannot start the processes that supervise jobs: {0}")]
    Runner(#[from] RunnerError),
    /// Schedules cannot be read.
    #[error("cannot read the schedules: {0}")]
    Schedules(#[source] azkaban_store::Error),
    /// What an earlier run left.
    #[error(transparent)]
    Recover(#[from] RecoverError),
}

impl Engine {
    /// Starts, and takes up every execution that an earlier run left unfinished: jobs that still run are adopted, those
    /// that ended meanwhile are collected, and each flow goes on.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: Config, store: Store, runner: RunnerConfig) -> Result<Engine, StartError> {
        Self::start_by(Clock::system(), config, store, runner).await
    }

    /// As [`Engine::start`], with schedules and submissions going by `clock`.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start_by(
        clock: Clock,
        config: Config,
        store: Store,
        runner: RunnerConfig,
    ) -> Result<Engine, StartError> {
        for folder in [&config.execution_dir, &config.log_dir, &config.temp_dir] {
            make_folder(folder)?;
        }
        let services = Services::start(&config, &store, clock::now()).await?;
        let state = ServerState::load(&store, config.queue_open)
            .await
            .map_err(|error| StartError::Services(error.into()))?;
        if !state.queue_open_at_start() {
            tracing::warn!(
                "the queue is switched off: executions are taken, and start when it is switched on"
            );
        }
        let started = Runner::start(runner).await?;
        let events = Arc::new(Events::new());
        let executor =
            Executor::new(&config, started.runner, state.queue_open_at_start(), Arc::clone(&events));
        services.projects.tell_changes_to(Arc::clone(&events));
        let schedules = Schedules::load(&store, &config.time_zone).await.map_err(StartError::Schedules)?;
        let inner = Arc::new(Inner {
            config,
            store,
            events,
            services,
            executor,
            outbox: Outbox::new(),
            pages: FlowPages::new(),
            layouts: Layouts::new(),
            log_indexes: Arc::new(LogIndexes::new()),
            state,
            metrics: Arc::new(MetricHistory::new()),
            schedules,
            machine: Machine::default(),
            clock,
        });
        recover(&inner, started.found, &started.lost).await?;
        tokio::spawn(log_retention::run(
            inner.store.clone(),
            inner.config.log_dir.clone(),
            inner.config.log_retention,
        ));
        tokio::spawn(audit::keep_bounded(inner.store.clone(), inner.config.audit_retention));
        if let Some(sender) = MailSender::new(&inner.config, &inner.store) {
            inner.outbox.start(inner.store.clone(), sender);
        }
        if let Some(sender) = CallbackSender::new(&inner.config) {
            inner.outbox.start(inner.store.clone(), sender);
        }
        let listener = Arc::clone(&inner);
        tokio::spawn(async move { listener.executor.listen(started.events).await });
        tokio::spawn(metric_history::run(Arc::downgrade(&inner)));
        let engine = Engine { inner };
        tokio::spawn(schedules::run(engine.clone()));
        Ok(engine)
    }

    /// Takes no more executions, and stores what is under way. Running jobs stay with their supervisor and are found again
    /// at the next start.
    pub async fn shutdown(&self) {
        self.inner.executor.stop();
        self.inner.schedules.wake();
        self.inner.executor.runner().shutdown().await;
        self.inner.outbox.stop(SENDING_GRACE).await;
        self.inner.store.close().await;
    }
}

fn make_folder(folder: &Path) -> Result<(), StartError> {
    std::fs::create_dir_all(folder).map_err(|source| StartError::Folder { folder: folder.to_owned(), source })
}

//! A live board under test: orders in, and what it tells, waited for with a limit.
//! Asserts nothing about boards: chapters do.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use boardside::base::BoardPath;
use boardside::base::Silent;
use boardside::session::After;
use boardside::session::Explained;
use boardside::session::Goal;
use boardside::session::Options;
use boardside::session::Project;
use boardside::session::Target;
use boardside::session::live::Ask;
use boardside::session::live::Done;
use boardside::session::live::JobId;
use boardside::session::live::LiveBoard;
use boardside::session::live::Order;
use boardside::session::live::State;
use boardside::session::live::Told;
use boardside::session::live::Trouble;
use boardside::session::live::Work;
use boardside::sync::plan::OnConflict;
use boardside::sync::scan::Scan;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::boards::LIMIT;

/// Prints 0, 1, 2 … until it is stopped.
pub(crate) const TICKS: &str =
    "import time\nn = 0\nwhile True:\n    print('tick', n)\n    n += 1\n    time.sleep_ms(20)\n";

/// A live board and all that it told.
pub(crate) struct Living {
    pub(crate) board: LiveBoard,
    told: mpsc::UnboundedReceiver<Told>,
    /// In words, for a test that fails.
    pub(crate) log: Vec<String>,
    /// What the console showed and nobody asked for yet. The unix port ends lines of programs by \n alone.
    console: String,
    jobs: JobId,
    /// How it is, as it told last.
    state: State,
}

pub(crate) fn path(text: &str) -> BoardPath {
    BoardPath::new(text).unwrap()
}

/// What the folder wants of a board, and its files.
pub(crate) fn project(folder: &Path, after: After) -> (Arc<Goal>, Arc<Scan>) {
    let options = Options {
        after: Some(after),
        ..Options::default()
    };
    let mut project = Project::open(folder, &options).unwrap();
    let scan = project.scan(&mut Silent).unwrap();
    (Arc::clone(&project.goal), Arc::new(scan))
}

pub(crate) fn sync_of(folder: &Path, after: After) -> Work {
    let (goal, scan) = project(folder, after);
    Work::Sync {
        goal,
        scan,
        conflict: None,
        dry_run: false,
    }
}

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

pub(crate) fn overwriting(work: Work) -> Work {
    match work {
        Work::Sync { goal, scan, .. } => Work::Sync {
            goal,
            scan,
            conflict: Some(OnConflict::Overwrite),
            dry_run: false,
        },
        other => other,
    }
}

impl Living {
    pub(crate) fn at(address: &str) -> Self {
        let target = Target {
            device: Some(address.to_owned()),
            baud: 115_200,
            force_boot: false,
        };
        let (tell, told) = mpsc::unbounded_channel();
        let board = LiveBoard::spawn(target, move |told| drop(tell.send(told)));
        Self {
            board,
            told,
            log: Vec::new(),
            console: String::new(),
            jobs: 0,
            state: State::Free,
        }
    }

    /// Gives an order for a job; its number and what cancels it.
    pub(crate) fn begin(&mut self, work: Work) -> (JobId, CancellationToken) {
        self.jobs += 1;
        let cancel = CancellationToken::new();
        self.board.order(Order::Work {
            job: self.jobs,
            work,
            cancel: cancel.clone(),
        });
        (self.jobs, cancel)
    }

    pub(crate) fn press(&self, keys: &str) {
        self.board.order(Order::Keys(keys.into()));
    }

    /// The next thing that is told and wanted.
    pub(crate) async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&Told) -> Option<T>) -> T {
        let start = tokio::time::Instant::now();
        loop {
            let left = LIMIT.saturating_sub(start.elapsed());
            let told = timeout(left, self.told.recv()).await;
            // A board that talks on and on must not keep a test from failing.
            let Some(told) = told.ok().flatten().filter(|_| !left.is_zero()) else {
                panic!("no {what} in {:#?}\nconsole: {:?}", self.log, self.console);
            };
            self.take(&told);
            if let Some(found) = wanted(&told) {
                return found;
            }
        }
    }

    fn take(&mut self, told: &Told) {
        if let Told::State(state) = told {
            self.state = state.clone();
        }
        let words = match told {
            Told::Heard(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                self.console.push_str(&text.replace('\r', ""));
                format!("heard {text:?}")
            }
            Told::Progress(job, stage) => format!("progress {job} {stage:?}"),
            Told::Done(job, done) => match &**done {
                Ok(done) => format!("done {job} {}", word(done)),
                Err(trouble) => format!("done {job} {}", trouble.explained.code),
            },
            Told::Facts(facts, tier) => format!("facts {} {tier:?}", facts.platform),
            other => format!("{other:?}"),
        };
        self.log.push(words);
    }

    /// How a job ended.
    pub(crate) async fn done(&mut self, job: JobId) -> Result<Done, Trouble> {
        let start = tokio::time::Instant::now();
        loop {
            let left = LIMIT.saturating_sub(start.elapsed());
            let told = timeout(left, self.told.recv()).await;
            let Some(told) = told.ok().flatten().filter(|_| !left.is_zero()) else {
                panic!("job {job} does not end: {:#?}", self.log);
            };
            self.take(&told);
            match told {
                Told::Done(number, done) if number == job => return *done,
                _ => {}
            }
        }
    }

    /// Carries out a job.
    pub(crate) async fn work(&mut self, work: Work) -> Result<Done, Trouble> {
        let (job, _) = self.begin(work);
        self.done(job).await
    }

    #[track_caller]
    pub(crate) fn good(&self, done: Result<Done, Trouble>) -> Done {
        done.unwrap_or_else(|trouble| panic!("{:?} in {:#?}", trouble.explained, self.log))
    }

    /// The code of the error that a job ended with.
    pub(crate) async fn code(&mut self, work: Work) -> &'static str {
        match self.work(work).await {
            Ok(done) => panic!("{done:?} in {:#?}", self.log),
            Err(trouble) => trouble.explained.code,
        }
    }

    /// What the console shows from now on, or showed and nobody asked for, until this is in it.
    pub(crate) async fn shows(&mut self, text: &str) -> String {
        let text = &*text.replace('\r', "");
        let start = tokio::time::Instant::now();
        loop {
            assert!(start.elapsed() < LIMIT, "no {text:?} in {:?}", self.console);
            if let Some(at) = self.console.find(text) {
                return self.console.drain(..at + text.len()).collect();
            }
            let what = format!("{text:?} on the console");
            self.until(&what, |told| matches!(told, Told::Heard(_)).then_some(()))
                .await;
        }
    }

    /// Waits until it is in this state.
    pub(crate) async fn state(&mut self, wanted: &str) -> State {
        if format!("{:?}", self.state).starts_with(wanted) {
            return self.state.clone();
        }
        self.until(wanted, |told| match told {
            Told::State(state) if format!("{state:?}").starts_with(wanted) => Some(state.clone()),
            _ => None,
        })
        .await
    }

    pub(crate) async fn note(&mut self, wanted: &str) {
        self.until(wanted, |told| {
            matches!(told, Told::Note(text) if text.contains(wanted)).then_some(())
        })
        .await;
    }

    /// Asks and waits for the answer.
    pub(crate) async fn ask<T>(
        &mut self,
        ask: impl FnOnce(oneshot::Sender<Result<T, Explained>>) -> Ask,
    ) -> Result<T, &'static str> {
        let (answer, answered) = oneshot::channel();
        self.board.order(Order::Ask(ask(answer)));
        let answered = timeout(LIMIT, answered).await.expect("an answer in time");
        answered.expect("an answer").map_err(|explained| explained.code)
    }

    /// The paths in a folder.
    pub(crate) async fn list(
        &mut self,
        folder: Option<&str>,
        fresh: bool,
    ) -> Result<Vec<String>, &'static str> {
        let path = folder.map(path);
        let listed = self
            .ask(|answer| Ask::List { path, fresh, answer })
            .await?
            .into_iter();
        let mut paths: Vec<String> = listed.map(|one| one.path).collect();
        paths.sort();
        Ok(paths)
    }

    pub(crate) async fn write(&mut self, at: &str, text: &str) -> Result<(), &'static str> {
        let (path, content) = (path(at), text.as_bytes().to_vec());
        self.ask(|answer| Ask::Write {
            path,
            content,
            answer,
        })
        .await
    }

    pub(crate) async fn rename(&mut self, from: &str, to: &str) -> Result<(), &'static str> {
        let (from, to) = (path(from), path(to));
        self.ask(|answer| Ask::Rename { from, to, answer }).await
    }

    pub(crate) async fn read(&mut self, at: &str) -> Result<String, &'static str> {
        let path = path(at);
        let content = self.ask(|answer| Ask::Read { path, answer }).await?;
        Ok(String::from_utf8(content).unwrap())
    }

    /// Takes what was told already, then ends it: everything that was told.
    pub(crate) async fn finish(mut self) -> Vec<String> {
        timeout(LIMIT, self.board.finish()).await.expect("it ends");
        let mut all = self.log;
        while let Ok(told) = self.told.try_recv() {
            all.push(format!("{told:?}"));
        }
        all
    }
}

fn word(done: &Done) -> String {
    match done {
        Done::Synced { outcome, .. } => format!("synced {}", outcome.counts),
        Done::Planned(plan) => format!("planned {}", plan.counts()),
        other => format!("{other:?}"),
    }
}

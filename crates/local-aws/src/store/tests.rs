#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::discovery::Claim;

const ROWS: usize = 40;
const FLIPS: usize = 240;

fn open(directory: &Path) -> Result<Opened, StoreError> {
    let claim = Claim::take(directory).unwrap().unwrap();
    Store::open(directory, &Arc::new(claim))
}

fn row(table: Table, index: usize) -> Change {
    Change::Put {
        table,
        key: key(index),
        value: value(table, index),
    }
}

fn key(index: usize) -> String {
    format!("kind/{index:04}")
}

/// Some fit into a page, some do not.
fn value(table: Table, index: usize) -> Vec<u8> {
    format!("{}-{index}-", table.name())
        .repeat(1 + index * index % 450)
        .into_bytes()
}

/// Fills a database in several transactions, some of which remove something.
async fn fill(directory: &Path) {
    let opened = open(directory).unwrap();
    for table in Table::ALL {
        let changes = (0..ROWS + 20).map(|index| row(table, index)).collect();
        opened.store.write(changes).done().await.unwrap();
        let removed = (ROWS..ROWS + 20).map(|index| Change::Delete {
            table,
            key: key(index),
        });
        opened.store.write(removed.collect()).done().await.unwrap();
    }
    close(opened).await.unwrap();
}

async fn close(opened: Opened) -> Result<(), StoreError> {
    let Opened {
        store,
        closed,
        health,
        ..
    } = opened;
    drop(store);
    let _ = closed.await;
    health.verdict()
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Opens, lists, reads and writes, as a server does. Returns whether damage was found.
async fn use_all(directory: &Path) -> bool {
    let opened = open(directory).unwrap();
    let damaged = opened.damaged.is_some();
    if let Some(damaged) = &opened.damaged {
        assert!(damaged.moved_to.exists());
    }
    let store = &opened.store;
    for table in Table::ALL {
        let all = store.scan(table, "kind/", None, usize::MAX).unwrap();
        if damaged {
            assert_eq!(all, []);
        } else {
            let expected = (0..ROWS).map(|index| (key(index), value(table, index)));
            assert_eq!(all, expected.collect::<Vec<_>>());
            assert_eq!(store.get(table, &key(1)).unwrap(), Some(value(table, 1)));
        }
    }
    let new = Table::ALL.map(|table| row(table, ROWS));
    store.write(new.into()).done().await.unwrap();
    for table in Table::ALL {
        let found = store.get(table, &key(ROWS)).unwrap();
        assert_eq!(found, Some(value(table, ROWS)));
    }
    close(opened).await.unwrap();
    damaged
}

#[tokio::test]
async fn no_flipped_bit_goes_unnoticed_or_ends_the_process() {
    let whole = tempfile::tempdir().unwrap();
    fill(whole.path()).await;
    let database = fs::read(database::file(whole.path())).unwrap();
    // Throughout redb's header and the file, each time another bit.
    let header = (0..320).step_by(5);
    let stride = database.len() / FLIPS;
    let places = header.chain((0..FLIPS).map(|turn| turn * stride + turn * 7919 % stride));
    let (mut found, mut harmless) = (0, 0);
    for (turn, place) in places.enumerate() {
        let bit = turn % 8;
        let directory = tempfile::tempdir().unwrap();
        copy(whole.path(), directory.path());
        let mut flipped = database.clone();
        flipped[place] ^= 1 << bit;
        fs::write(database::file(directory.path()), flipped).unwrap();
        // On a thread of its own, so that a hang fails the test and says where.
        let (done, outcome) = mpsc::channel();
        let path = directory.path().to_owned();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            let _ = done.send(runtime.block_on(use_all(&path)));
        });
        match outcome.recv_timeout(Duration::from_secs(60)) {
            Ok(true) => found += 1,
            Ok(false) => harmless += 1,
            Err(cause) => panic!("bit {bit} of byte {place}: {cause}"),
        }
    }
    eprintln!("{found} flips found, {harmless} in bytes that nothing needs");
    assert!(found > FLIPS / 10, "{found} found, {harmless} not");
    assert!(!use_all(whole.path()).await);
}

#[tokio::test]
async fn after_the_first_failure_nothing_is_acknowledged_or_read() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path()).await;
    // A record that is not sealed, in a file whose checksums are right.
    let redb = redb::Database::open(database::file(directory.path())).unwrap();
    let transaction = redb.begin_write().unwrap();
    let mut table = transaction.open_table(Table::History.definition()).unwrap();
    table.insert(key(1).as_str(), &b"foreign"[..]).unwrap();
    drop(table);
    transaction.commit().unwrap();
    drop(redb);

    let opened = open(directory.path()).unwrap();
    let store = &opened.store;
    assert!(store.check().is_ok());
    let good = store.get(Table::Resources, &key(1));
    assert_eq!(good.unwrap(), Some(value(Table::Resources, 1)));
    let failed = store.get(Table::History, &key(1)).unwrap_err();
    // A status that SDKs do not retry.
    assert_eq!(failed.status, 507);
    assert!(store.check().is_err());
    assert!(store.get(Table::Resources, &key(1)).is_err());
    let write = store.write(vec![row(Table::History, 0)]);
    assert!(write.done().await.is_err());
    let verdict = close(opened).await.unwrap_err();
    assert!(matches!(verdict, StoreError::Failed(_)), "{verdict}");
}

#[test]
fn a_panic_of_the_database_is_a_failure_that_says_what_it_was() {
    let result =
        failure::catch_panic(|| -> Result<(), Failure> { panic!("page {} is not one", 7) });
    let failure = result.unwrap_err();
    assert!(failure.is_damage());
    assert!(
        failure.to_string().contains("page 7 is not one"),
        "{failure}"
    );
}

/// Writes a database as an older txflow did.
fn write_clear(directory: &Path) {
    let redb = redb::Database::create(database::file(directory)).unwrap();
    let transaction = redb.begin_write().unwrap();
    for table in Table::ALL {
        let mut open = transaction.open_table(table.definition()).unwrap();
        for index in 0..ROWS {
            open.insert(key(index).as_str(), value(table, index).as_slice())
                .unwrap();
        }
    }
    transaction.commit().unwrap();
}

#[tokio::test]
async fn a_database_that_was_kept_in_clear_is_sealed_when_it_is_opened() {
    let directory = tempfile::tempdir().unwrap();
    write_clear(directory.path());
    let holds = |text: &[u8]| {
        let content = fs::read(database::file(directory.path())).unwrap();
        content.windows(text.len()).any(|part| part == text)
    };
    let clear = value(Table::Resources, 3);
    assert!(holds(&clear));
    assert!(!use_all(directory.path()).await);
    assert!(!holds(&clear));
    assert!(!holds(b"resources-3-resources-3-"));
}

#[tokio::test]
async fn an_interrupted_conversion_starts_again() {
    let directory = tempfile::tempdir().unwrap();
    write_clear(directory.path());
    let unfinished = database::file(directory.path()).with_extension("part");
    fs::write(unfinished, "half of it").unwrap();
    assert!(!use_all(directory.path()).await);
}

//! The life of sessions.

mod common;

use azkaban_store::{Change, SessionRow, TokenDigest};
use common::{TestStore, at};

fn session(token: u8, user: &str, ip: &str, used_at: i64) -> SessionRow {
    SessionRow {
        token: TokenDigest([token; 32]),
        user: user.to_owned(),
        ip: ip.to_owned(),
        created_at: at(1_000),
        used_at: at(used_at),
        seal: Some([token; 32]).filter(|_| token.is_multiple_of(2)),
    }
}

#[tokio::test]
async fn sessions_are_found_counted_used_and_ended() {
    let test = TestStore::new();
    let rows = [
        session(1, "ann", "10.0.0.1", 1_000),
        session(2, "ann", "10.0.0.1", 2_000),
        session(3, "ann", "10.0.0.2", 3_000),
        session(4, "bob", "10.0.0.1", 4_000),
    ];
    test.store.commit(rows.iter().cloned().map(Change::SessionUpsert).collect()).await.unwrap();
    let test = test.reopen().await;
    assert_eq!(test.store.session_get(rows[0].token).await.unwrap().as_ref(), Some(&rows[0]));
    assert_eq!(test.store.session_get(TokenDigest([9; 32])).await.unwrap(), None);
    assert_eq!(test.store.sessions_count("ann", "10.0.0.1", at(0)).await.unwrap(), 2);
    assert_eq!(test.store.sessions_count("ann", "10.0.0.1", at(2_000)).await.unwrap(), 1);

    let changes = vec![
        Change::SessionUse { token: rows[0].token, at: at(9_000) },
        Change::SessionUse { token: TokenDigest([9; 32]), at: at(9_000) },
        Change::SessionDelete(rows[3].token),
        Change::SessionDelete(rows[3].token),
        Change::SessionsExpire { used_before: at(3_000) },
    ];
    test.store.commit(changes).await.unwrap();
    let left = test.store.sessions_list(at(0)).await.unwrap();
    assert_eq!(left, [session(1, "ann", "10.0.0.1", 9_000), rows[2].clone()], "the latest used first");
    assert_eq!(test.store.sessions_list(at(5_000)).await.unwrap().len(), 1);
}

#[test]
fn a_digest_is_not_printed_whole() {
    let printed = format!("{:?}", session(0xab, "ann", "ip", 1));
    assert!(printed.contains("TokenDigest(abab…)"), "{printed}");
}

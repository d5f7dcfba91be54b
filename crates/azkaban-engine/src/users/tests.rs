use std::os::unix::fs::PermissionsExt;

use super::*;

fn users_of(text: &str) -> (tempfile::TempDir, Users) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azkaban-users.xml");
    std::fs::write(&path, text).unwrap();
    let users = Users::open_checking_every(&path, Duration::ZERO).unwrap();
    (folder, users)
}

async fn login(users: &Users, name: &str, password: &str) -> &'static str {
    match users.authenticate(name, password, "10.0.0.1").await {
        Ok(user) if user.name == name => "in",
        Ok(_) => "in as somebody else",
        Err(LoginError::UsernameEmpty) => "no name",
        Err(LoginError::PasswordEmpty) => "no password",
        Err(LoginError::Rejected) => "rejected",
        Err(LoginError::Internal(_)) => "internal",
    }
}

#[tokio::test]
async fn logging_in_with_plain_and_hashed_passwords() {
    let hash = hash_password("hidden").unwrap();
    let (_folder, users) = users_of(&format!(
        r#"<u><user username="plain" password="open"/><user username="hashed" password="{hash}"/></u>"#
    ));
    for (name, password, expected) in [
        ("plain", "open", "in"),
        ("plain", "Open", "rejected"),
        ("Plain", "open", "rejected"),
        ("hashed", "hidden", "in"),
        ("hashed", "open", "rejected"),
        ("hashed", hash.as_str(), "rejected"),
        ("nobody", "hidden", "rejected"),
        ("nobody", "open", "rejected"),
        ("", "x", "no name"),
        ("  ", "x", "no name"),
        ("plain", "", "no password"),
        ("plain", " ", "no password"),
    ] {
        assert_eq!(login(&users, name, password).await, expected, "{name} / {password}");
    }
}

#[tokio::test]
async fn the_file_is_read_again_when_it_changes_and_a_bad_one_leaves_the_old_users() {
    let (folder, users) =
        users_of(r#"<u><user username="a" password="1" roles="r"/><role name="r" permissions="READ"/></u>"#);
    let path = folder.path().join("azkaban-users.xml");
    let a = users.user("a").unwrap();
    assert!(users.role_grants(&a, Permission::Read) && !users.role_grants(&a, Permission::Write));

    std::fs::write(&path, r#"<u><user username="a" password="2" roles="r"/><user username="b" password="1"/><role name="r" permissions="WRITE"/></u>"#).unwrap();
    assert_eq!(login(&users, "a", "1").await, "rejected");
    assert_eq!(login(&users, "a", "2").await, "in");
    assert_eq!(login(&users, "b", "1").await, "in");
    assert!(users.role_grants(&a, Permission::Write), "roles are looked up as they are now");

    for bad in ["<u><user", "<u><user username='x'/></u>", "\u{0}"] {
        std::fs::write(&path, bad).unwrap();
        assert_eq!(login(&users, "b", "1").await, "in", "after {bad:?}");
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(login(&users, "b", "1").await, "in", "after its removal");

    let replacement = folder.path().join("new.xml");
    std::fs::write(&replacement, r#"<u><user username="c" password="1"/></u>"#).unwrap();
    std::fs::rename(&replacement, &path).unwrap();
    assert_eq!(login(&users, "b", "1").await, "rejected");
    assert_eq!(login(&users, "c", "1").await, "in");
}

#[test]
fn the_file_is_not_looked_at_more_often_than_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.xml");
    std::fs::write(&path, r#"<u><user username="a" password="1"/></u>"#).unwrap();
    let users = Users::open_checking_every(&path, Duration::from_secs(3600)).unwrap();
    std::fs::write(&path, "<u/>").unwrap();
    assert!(users.user("a").is_some());
}

#[test]
fn unusable_files_are_errors_at_the_start_and_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("users.xml");
    for (content, expected) in [
        (None, "No such file"),
        (Some(&b"\xff\xfe"[..]), "UTF-8"),
        (Some(b"<u><user username='x'/></u>"), "'password' attribute"),
    ] {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let error = Users::open(&path).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains(expected) && error.contains("users.xml"), "{error}");
    }
}

#[tokio::test]
async fn the_first_admin_can_log_in_and_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("azkaban-users.xml");
    create_first_admin(&path, "<ad\"min&>", "pass word").unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("$argon2id$") && !text.contains("pass word"));
    let users = Users::open(&path).unwrap();
    let admin =
        users.authenticate("<ad\"min&>", "pass word", "10.0.0.1").await.expect("the password is right");
    assert!(users.role_grants(&admin, Permission::CreateProjects));

    assert!(matches!(create_first_admin(&path, "other", "x"), Err(FirstAdminError::Exists(_))));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    let elsewhere = folder.path().join("other.xml");
    assert!(matches!(create_first_admin(&elsewhere, " ", "x"), Err(FirstAdminError::NameInvalid(_))));
    assert!(matches!(create_first_admin(&elsewhere, "a", " "), Err(FirstAdminError::PasswordBlank)));
}

#[test]
fn undefined_roles_grant_nothing() {
    let (_folder, users) = users_of(
        r#"<u><user username="a" password="1" roles="nope,"/><user username="b" password="1" roles=""/></u>"#,
    );
    for name in ["a", "b"] {
        let user = users.user(name).unwrap();
        assert!(Permission::ALL.into_iter().all(|p| !users.role_grants(&user, p)));
    }
}

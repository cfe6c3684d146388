//! What is refused, and what wins over what.

use super::*;
use std::io::Write;

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn load(text: &str) -> Result<Config, ConfigError> {
    Config::load(Some(file(text).path()), &Overrides::default())
}

fn refused(text: &str) -> String {
    load(text).unwrap_err().to_string()
}

#[test]
fn the_command_line_wins_over_the_file_and_the_file_over_the_default() {
    let file = file("database_url = \"sqlite:///a.db\"\nlisten = \"127.0.0.1:9000\"\n");
    let over = Overrides {
        listen: Some("127.0.0.1:9100".into()),
        ..Overrides::default()
    };
    let config = Config::load(Some(file.path()), &over).unwrap();
    assert_eq!(config.listen.port(), 9100);
    assert_eq!(config.database_url, "sqlite:///a.db");
    assert_eq!(
        config.mail,
        MailConfig {
            directory: config.mail.directory.clone(),
            ..MailConfig::default()
        }
    );
}

#[test]
fn a_misspelt_key_is_named_with_its_line() {
    let message = refused("listen = \"127.0.0.1:1\"\n[mail]\nhots = \"x\"\n");
    assert!(
        message.contains("line 3") && message.contains("hots"),
        "{message}"
    );
}

#[test]
fn what_would_show_links_to_strangers_is_refused() {
    let outside = "listen = \"0.0.0.0:80\"\nbase_url = \"https://g.example\"\n";
    let outbox = refused(&format!("{outside}[mail]\ntransport = \"outbox\"\n"));
    assert!(outbox.contains("loopback"), "{outbox}");
    assert!(refused("listen = \"0.0.0.0:80\"\n").contains("in clear"));
    let clear = refused("[mail]\nhost = \"mail.example\"\ntls = \"none\"\n");
    assert!(clear.contains("in clear"), "{clear}");
    assert!(
        load(&format!(
            "{outside}[mail]\nhost = \"mail.example\"\ntls = \"starttls\"\n"
        ))
        .is_ok()
    );
}

#[test]
fn a_password_in_the_file_is_refused_and_not_repeated() {
    let message = refused("[mail]\nuser = \"u\"\npassword = \"hunter2\"\n");
    assert!(
        message.contains("env:NAME") && !message.contains("hunter2"),
        "{message}"
    );
}

#[test]
fn a_sender_that_would_break_the_header_is_refused() {
    for from in ["nobody", "a@b\\r\\nBcc: c@d", "@b", "a b@c"] {
        assert!(
            refused(&format!("[mail]\nfrom = \"{from}\"\n")).contains("mail.from"),
            "{from}"
        );
    }
}

//! What is tried, in which order, and what is kept of it.

use super::*;
use crate::base::Answer;
use crate::base::Stage;

/// Somebody with these answers, who notes what is asked and what could be kept.
#[derive(Default)]
struct Somebody {
    answers: Vec<Option<&'static str>>,
    asked: Vec<String>,
    typed: Vec<(String, String)>,
}

impl Progress for Somebody {
    fn report(&mut self, _stage: Stage) {}

    fn ask(&mut self, question: Question) -> Answer {
        self.asked.push(question.text);
        let said = if self.answers.is_empty() {
            None
        } else {
            self.answers.remove(0)
        };
        Box::pin(std::future::ready(said.map(str::to_owned)))
    }

    fn typed(&mut self, address: String, password: String) {
        self.typed.push((address, password));
    }
}

fn place(text: &str) -> Place {
    let address: Address = text.parse().unwrap();
    address.place().unwrap().clone()
}

fn wrong() -> WireError {
    WireError::Login {
        address: String::new(),
        why: "the password is wrong",
    }
}

/// Tries until this password is right; says whether it came to that.
async fn log_in(login: &mut Login<'_>, right: &str) -> bool {
    loop {
        let password = login.password().await;
        login.in_time();
        match password {
            Some(password) if password.reveal() == right => return true,
            Some(_) if login.again(&wrong()).await => {}
            _ => return false,
        }
    }
}

#[tokio::test]
async fn a_wrong_password_is_asked_once_more_with_the_reason_and_only_the_right_one_may_be_kept() {
    const FIRST: &str = "password for ws://board";
    const AGAIN: &str = "the password is wrong; password for ws://board";
    for (case, text, answers, good, asked) in [
        (
            "right at once",
            "ws://board",
            &[Some("right")][..],
            true,
            &[FIRST][..],
        ),
        (
            "right the second time",
            "ws://board",
            &[Some("wrong"), Some("right")],
            true,
            &[FIRST, AGAIN],
        ),
        (
            "wrong twice",
            "ws://board",
            &[Some("wrong"), Some("wrong"), Some("right")],
            false,
            &[FIRST, AGAIN],
        ),
        ("cancelled", "ws://board", &[None], false, &[FIRST]),
        ("nothing typed", "ws://board", &[Some("")], false, &[FIRST]),
        (
            "cancelled the second time",
            "ws://board",
            &[Some("wrong"), None],
            false,
            &[FIRST, AGAIN],
        ),
        ("as the address says", "ws://:right@board", &[], true, &[]),
        (
            "the address is meant as it is",
            "ws://:wrong@board",
            &[Some("right")],
            false,
            &[],
        ),
    ] {
        let mut somebody = Somebody {
            answers: answers.to_vec(),
            ..Somebody::default()
        };
        let mut login = Login::new(Address::WebRepl, place(text), &mut somebody);
        assert_eq!(log_in(&mut login, "right").await, good, "{case}");
        if good {
            let address = login.accepted();
            assert_eq!(
                address.place().unwrap().password.as_ref().unwrap().reveal(),
                "right"
            );
        }
        assert_eq!(somebody.asked, asked, "{case}");
        let kept = [("ws://board".to_owned(), "right".to_owned())];
        let kept = if good && !asked.is_empty() { &kept[..] } else { &[] };
        assert_eq!(somebody.typed, kept, "{case}");
    }
}

#[tokio::test]
async fn who_typed_a_name_is_asked_for_it_again_with_the_password() {
    let mut somebody = Somebody {
        answers: vec![Some("me"), Some("wrong"), Some("you"), Some("right")],
        ..Somebody::default()
    };
    let mut login = Login::new(Address::Telnet, place("telnet://board"), &mut somebody);
    assert_eq!(login.user().await.as_deref(), Some("me"));
    assert!(login.password().await.is_some());
    login.in_time();
    assert!(login.again(&wrong()).await);
    assert_eq!(login.user().await.as_deref(), Some("you"));
    assert_eq!(login.password().await, Some(Secret::new("right")));
    assert_eq!(login.accepted().to_string(), "telnet://you@board");
    assert_eq!(
        somebody.asked,
        [
            "user name for telnet://board",
            "password for telnet://me@board",
            "the password is wrong; user name for telnet://board",
            "the password is wrong; password for telnet://you@board",
        ]
    );
}

#[tokio::test]
async fn who_took_too_long_is_not_asked_again() {
    let closed = WireError::LoginClosed {
        address: String::new(),
    };
    let mut somebody = Somebody {
        answers: vec![Some("right"), Some("other")],
        ..Somebody::default()
    };
    let mut login = Login::new(Address::Telnet, place("telnet://me@board"), &mut somebody);
    assert!(login.password().await.is_some());
    assert!(login.is_late() && login.again(&closed).await);
    assert_eq!(login.password().await, Some(Secret::new("right")));
    login.in_time();
    // This time it is the answer to the password.
    assert!(login.again(&closed).await);
    assert_eq!(login.password().await, Some(Secret::new("other")));
    drop(login);
    assert_eq!(
        somebody.asked[1],
        "it closed the connection after the password; password for telnet://me@board"
    );
}

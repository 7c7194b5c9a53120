//! Boards on another machine: `ssh://frank/candy`, through a real sshd.
//! What happens on the board itself is tested elsewhere.

pub(crate) mod frank;

use crate::boards::start;
use crate::desk::Desk;
use crate::desk::on_flash;
use crate::desk::tree;
use crate::desk::with_files;

use self::frank::Account;
use self::frank::Frank;

const MAIN: &str = "print('it runs')\n";

fn project(desk: &Desk) {
    desk.write("p/main.py", MAIN).write("p/lib/a.py", "A = 1\n");
}

#[test]
fn a_board_of_another_machine_is_used_like_one_that_is_plugged_in() {
    let candy = start(&with_files(&[]));
    let mint = start(&with_files(&[("/main.py", "mint\n")]));
    let frank = Frank::with(&[("candy", &candy), ("mint", &mint)], &Account::default());
    let desk = Desk::at("ssh://frank/candy");
    project(&desk);
    let put = tree(&[("/main.py", MAIN), ("/lib/a.py", "A = 1\n")]);
    frank.run(&desk, &["sync", "p"]).good();
    assert_eq!(on_flash(&candy), put);
    let again = frank.run(&desk, &["sync", "p", "--json"]);
    assert_eq!(
        (again.code, &again.last()["unchanged"]),
        (0, &2.into()),
        "{again:?}"
    );
    desk.write("p/lib/a.py", "A = 2\n");
    frank.run(&desk, &["sync", "p"]).good();
    std::fs::remove_file(desk.path("p/main.py")).unwrap();
    frank.run(&desk, &["sync", "p"]).good();
    assert_eq!(on_flash(&candy), tree(&[("/lib/a.py", "A = 2\n")]));
    assert_eq!(on_flash(&mint), tree(&[("/main.py", "mint\n")]));
    assert_eq!(frank.run(&desk, &["eval", "6 * 7"]).good(), "42\n");
    let listed = frank.run(&desk, &["ls", "-r"]).good();
    assert!(listed.contains("a.py"), "{listed}");
    assert_eq!(frank.run(&desk, &["cat", "/lib/a.py"]).good(), "A = 2\n");
    frank.run(&desk, &["doctor"]).good();
}

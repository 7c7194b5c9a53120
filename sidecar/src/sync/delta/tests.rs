use super::*;

#[test]
fn explore() {
    let new = std::fs::read("/tmp/lab/p50/microdot/microdot.py").unwrap();
    let text = String::from_utf8(new.clone()).unwrap();
    let crlf = text.replace('\n', "\r\n").into_bytes();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut moved = lines.clone();
    let some: Vec<_> = moved.drain(300..380).collect();
    for (i, l) in some.into_iter().enumerate() { moved.insert(900 + i, l); }
    let moved = moved.concat().into_bytes();
    let renamed = text.replace("request", "req").into_bytes();
    let indented = lines.iter().enumerate().map(|(i, l)| if i > 200 && i < 400 { format!("    {l}") } else { (*l).to_owned() }).collect::<String>().into_bytes();
    let one = text.replacen("return self", "return  self", 1).into_bytes();
    let ten = lines.iter().enumerate().map(|(i, l)| if i % 150 == 3 { format!("    x{i} = compute(self, {i})\n") } else { (*l).to_owned() }).collect::<String>().into_bytes();
    let other = std::fs::read("/tmp/lab/p50/microdot/websocket.py").unwrap_or_default();
    for (name, a, b) in [("same", &new, &new), ("one", &new, &one), ("ten", &new, &ten), ("tocrlf", &new, &crlf), ("tolf", &crlf, &new), ("moved", &new, &moved), ("req", &new, &renamed), ("indent", &new, &indented), ("other", &new, &other), ("rother", &other, &new)] {
        let (steps, compared) = coded(a, b);
        assert_eq!(apply(a, &steps).as_deref(), Some(&b[..]));
        eprintln!("{name:8} whole {} -> {}  steps {} -> {}  compared {}", b.len(), deflated(b), steps.len(), deflated(&steps), compared as f64 / b.len() as f64);
    }
}

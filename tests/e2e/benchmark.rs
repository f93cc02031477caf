//! The benchmark goes through: what it asks of hosts is what hosts answer. Its figures are no test.

use std::process::Command;

#[test]
fn a_short_benchmark_of_everything_goes_through() {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["--quick", "--backend", "sqlite"])
        .output()
        .expect("the benchmark can be started");
    let progress = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{progress}");
    let table = String::from_utf8_lossy(&output.stdout);
    for row in [
        "chain(10, 1)",
        "send(",
        "signal, resident",
        "query at 20 events",
        "fan-out 10",
        "resting guests",
        "replay(",
    ] {
        assert!(table.contains(row), "no {row:?} in\n{table}");
    }
}

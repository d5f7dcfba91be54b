//! Why nodes stand as they do.

use azkaban_core::execution::{Marks, NodeState, Why, explain, explain_node};
use azkaban_core::ids::NodeIndex;
use azkaban_core::status::Status;
use azkaban_core::time::UnixMillis;

use crate::support::graph;

fn state(status: Status, ended: i64) -> NodeState {
    NodeState { ended_at: Some(UnixMillis(ended)), ..NodeState::initial(status) }
}

#[test]
fn failures_come_first_in_the_order_of_their_ends_then_what_follows_from_them() {
    let graph = graph("[f]\na\nb\nc < a b\nd < c\ne");
    let nodes = [
        state(Status::FailedFinishing, 0),
        state(Status::Failed, 20),
        state(Status::Failed, 10),
        state(Status::Cancelled, 30),
        state(Status::Cancelled, 31),
        state(Status::Running, 0),
    ];
    let reasons = explain(&graph, &nodes, UnixMillis(50));
    let told: Vec<String> =
        reasons.iter().map(|reason| format!("{} {:?}", graph.node(reason.node).id, reason.why)).collect();
    assert_eq!(
        told,
        [
            "b Failed { attempt: 0 }",
            "a Failed { attempt: 0 }",
            "c Cancelled { because: [NodeIndex(1), NodeIndex(2)] }",
            "d Cancelled { because: [NodeIndex(3)] }",
            "e Running",
        ]
    );
}

#[test]
fn a_node_that_waits_says_what_for() {
    let graph = graph("[f]\na\nb < a");
    let mut queued = NodeState { not_before: Some(UnixMillis(70)), attempt: 2, ..state(Status::Queued, 0) };
    let why = |queued: NodeState, node: u32, now: i64| {
        let nodes = [state(Status::Running, 0), queued, NodeState::initial(Status::Ready)];
        explain_node(&graph, &nodes, NodeIndex(node), UnixMillis(now))
    };
    assert_eq!(why(queued, 1, 50), Why::BackOff { until: UnixMillis(70), attempt: 2 });
    assert_eq!(why(queued, 1, 70), Why::Slot);
    assert_eq!(why(queued, 2, 70), Why::WaitsFor { nodes: vec![NodeIndex(1)] });
    queued.marks.set(Marks::AWAITING_PIPELINE);
    assert_eq!(why(queued, 1, 50), Why::Pipeline);
}

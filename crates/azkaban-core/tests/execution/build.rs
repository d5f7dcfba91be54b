//! From a project to a graph: order, names, and what no graph is made of.

use azkaban_core::execution::{Graph, GraphError, MAX_DEPTH};
use azkaban_core::ids::NodePath;

use crate::support::{graph, project};

#[test]
fn parents_come_first_and_siblings_in_the_order_of_ids() {
    let graph = graph("[f]\n b=g < a\n a\n c=g < b a\n [g]\n y < x\n x");
    let paths: Vec<&str> = graph.iter().map(|(_, n)| n.path.as_str()).collect();
    assert_eq!(paths, ["", "a", "b", "c", "b:x", "b:y", "c:x", "c:y"]);
    let c = graph.node(graph.find(&NodePath::from("c")).unwrap());
    let ids = |nodes: &[azkaban_core::ids::NodeIndex]| -> Vec<String> {
        nodes.iter().map(|n| graph.node(*n).path.to_string()).collect()
    };
    assert_eq!(ids(&c.ins), ["b", "a"], "in the order of declaration");
    assert_eq!(ids(&c.children().collect::<Vec<_>>()), ["c:x", "c:y"]);
    let a = graph.node(graph.find(&NodePath::from("a")).unwrap());
    assert_eq!(ids(&a.outs), ["b", "c"]);
    let y = graph.find(&NodePath::from("c:y")).unwrap();
    assert_eq!((&*graph.node(y).flow_id, &*graph.node(y).id), ("g", "y"));
    assert_eq!(ids(&graph.ancestors(y).collect::<Vec<_>>()), ["c", ""]);
    assert_eq!(graph.child(graph.find(&NodePath::from("c")).unwrap(), "y"), Some(y));
    assert_eq!(graph.child(y, "x"), None);
    assert_eq!(graph.find(&NodePath::from("c:z")), None);
}

#[track_caller]
fn refused(text: &str, flow: &str) -> String {
    Graph::build(&project(text), flow).unwrap_err().to_string()
}

#[test]
fn what_is_no_graph() {
    assert_eq!(refused("[f]\n a", "g"), "no flow g");
    assert_eq!(refused("[f]\n a=g", "f"), "no flow g");
    assert_eq!(refused("[f]\n a < b", "f"), "node a of flow f depends on b, which does not exist");
    assert_eq!(refused("[f]\n a < b\n b < a\n c", "f"), "the dependencies of flow f form a cycle");
    assert_eq!(refused("[f]\n a < a", "f"), "the dependencies of flow f form a cycle");
    assert_eq!(refused("[f]\n a=f", "f"), "flow f contains itself");
    assert_eq!(refused("[f]\n a=g\n [g]\n b=h\n [h]\n c=g", "f"), "flow g contains itself");
    assert_eq!(
        refused("[f]\n a ? all_done && one_failed", "f"),
        "the condition of node a of flow f is not usable"
    );
    assert_eq!(refused("[f]\n a=g\n a:b\n [g]\n b", "f"), "two nodes are both called a:b");
}

#[test]
fn flows_that_embed_each_other_many_times_over_are_refused_in_time() {
    let mut doubling = String::new();
    for level in 0..40 {
        doubling.push_str(&format!("[f{level}]\n a=f{}\n b=f{}\n", level + 1, level + 1));
    }
    doubling.push_str("[f40]\n a\n");
    assert!(matches!(
        Graph::build(&project(&doubling), "f0"),
        Err(GraphError::TooLarge { what: "nodes", .. })
    ));

    let mut deep = String::new();
    for level in 0..=MAX_DEPTH {
        deep.push_str(&format!("[f{level}]\n a=f{}\n", level + 1));
    }
    deep.push_str(&format!("[f{}]\n a\n", MAX_DEPTH + 1));
    assert!(matches!(Graph::build(&project(&deep), "f0"), Err(GraphError::TooLarge { what: "levels", .. })));
    assert!(Graph::build(&project(&deep), "f1").is_ok());
}

//! How long planning takes, and reading apart from it. `tests/bench/policy` compares with Pacemaker.

#![allow(missing_docs, reason = "criterion's macros")]

mod big;

use std::hint::black_box;

use big::{Known, NOW, cluster};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rota_policy::{Options, plan};

const SIZES: [(usize, usize); 3] = [(3, 30), (16, 500), (64, 2000)];

fn planning(criterion: &mut Criterion) {
    let options = Options::default();
    for known in [Known::Start, Known::Failed] {
        let mut group = criterion.benchmark_group(format!("plan {known:?}"));
        group.sample_size(10);
        for (nodes, instances) in SIZES {
            let cib = cluster(nodes, instances, known);
            let id = BenchmarkId::from_parameter(format!("{nodes}x{instances}"));
            group.bench_function(id, |b| b.iter(|| plan(black_box(&cib), NOW, &options)));
        }
        group.finish();
    }
}

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read Failed");
    group.sample_size(10);
    for (nodes, instances) in SIZES {
        let xml = rota_cib::xml::write(&cluster(nodes, instances, Known::Failed));
        let id = BenchmarkId::from_parameter(format!("{nodes}x{instances}"));
        group.bench_function(id, |b| b.iter(|| rota_cib::xml::read(black_box(xml.as_bytes()))));
    }
    group.finish();
}

criterion_group!(benches, planning, reading);
criterion_main!(benches);

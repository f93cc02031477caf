//! What was measured, as a table and as JSON.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets::ASCII_MARKDOWN};
use serde_json::{Value, json};

use crate::{backend::Backend, machine::Facts};

/// A target that is missed by no more than this factor is within reach.
const REACH: f64 = 3.0;

/// One figure.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    workload: String,
    backend: Option<Backend>,
    measure: &'static str,
    value: f64,
    unit: &'static str,
    target: Option<Target>,
    notes: Vec<(&'static str, f64, &'static str)>,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

impl Row {
    pub(crate) fn new(
        workload: impl ToString,
        measure: &'static str,
        value: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            workload: workload.to_string(),
            backend: None,
            measure,
            value,
            unit,
            target: None,
            notes: Vec::new(),
        }
    }

    pub(crate) fn on(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    pub(crate) fn target(mut self, target: impl Into<Option<Target>>) -> Self {
        self.target = target.into();
        self
    }

    /// With another figure beside it.
    pub(crate) fn note(mut self, name: &'static str, value: f64, unit: &'static str) -> Self {
        self.notes.push((name, value, unit));
        self
    }

    /// 1 or more: the target is met.
    fn ratio(&self) -> Option<f64> {
        Some(match self.target? {
            Target::AtLeast(target) => self.value / target,
            Target::AtMost(target) => target / self.value,
        })
    }

    fn mark(&self) -> &'static str {
        match self.ratio() {
            None => "",
            Some(ratio) if ratio >= 1.0 => "met",
            Some(ratio) if ratio >= 1.0 / REACH => "within 3×",
            Some(_) => "MISSED",
        }
    }

    fn cells(&self) -> Vec<Cell> {
        let number = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let target = match self.target {
            None => String::new(),
            Some(Target::AtLeast(value)) => format!("≥ {}", shown(value)),
            Some(Target::AtMost(value)) => format!("≤ {}", shown(value)),
        };
        let notes =
            self.notes.iter().map(|(name, value, unit)| format!("{name} {}", with_unit(*value, unit)));
        vec![
            Cell::new(&self.workload),
            Cell::new(self.backend.map_or("", Backend::name)),
            Cell::new(self.measure),
            number(with_unit(self.value, self.unit)),
            number(target),
            number(self.ratio().map(|ratio| format!("{ratio:.2}")).unwrap_or_default()),
            Cell::new(self.mark()),
            Cell::new(notes.collect::<Vec<_>>().join(", ")),
        ]
    }

    fn to_json(&self) -> Value {
        let target = self.target.map(|target| match target {
            Target::AtLeast(value) => json!({ "at_least": value }),
            Target::AtMost(value) => json!({ "at_most": value }),
        });
        let notes = self
            .notes
            .iter()
            .map(|(name, value, unit)| json!({ "name": name, "value": value, "unit": unit }));
        json!({
            "workload": self.workload,
            "backend": self.backend.map(Backend::name),
            "measure": self.measure,
            "value": self.value,
            "unit": self.unit,
            "target": target,
            "ratio": self.ratio(),
            "within_factor_3": self.ratio().map(|ratio| ratio >= 1.0 / REACH),
            "notes": notes.collect::<Vec<_>>(),
        })
    }
}

/// All that was measured so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

/// A report that survives whoever writes it.
#[derive(Clone, Default)]
pub(crate) struct SharedReport(Arc<Mutex<Report>>);

impl SharedReport {
    pub(crate) fn add(&self, row: Row) {
        let line: Vec<String> =
            row.cells().iter().map(Cell::content).filter(|text| !text.is_empty()).collect();
        crate::say(&format!("  {}", line.join("  ")));
        self.lock().rows.push(row);
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Report> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Report {
    pub(crate) fn shared() -> SharedReport {
        SharedReport::default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["workload", "backend", "measure", "value", "target", "ratio", "", "beside"]);
        for row in &self.rows {
            table.add_row(row.cells());
        }
        table
    }

    pub(crate) fn to_json(&self, facts: &Facts) -> Value {
        json!({ "machine": facts.to_json(), "rows": self.rows.iter().map(Row::to_json).collect::<Vec<_>>() })
    }
}

fn with_unit(value: f64, unit: &str) -> String {
    let space = if unit.is_empty() || unit.starts_with('/') { "" } else { " " };
    format!("{}{space}{unit}", shown(value))
}

/// Three figures that matter, thousands apart.
fn shown(value: f64) -> String {
    if !value.is_finite() {
        return "?".to_owned();
    }
    let decimals = match value.abs() {
        size if size >= 100.0 || value == 0.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut apart = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart + fraction
}

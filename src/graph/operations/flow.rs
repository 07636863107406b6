//! Which of two values.

use super::super::operation::{Operation, Parameter, Run};

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[Operation {
    name: "Conditional",
    family: "flow",
    summary: "One of two values; the other one is not computed. Numbers get the wider type of \
              both.",
    parameters: &[
        Parameter::new("true", "what it is if the condition holds"),
        Parameter::new("false", "what it is if not"),
        Parameter::new(
            "condition",
            "true or false, or a number, which is true unless it is 0",
        ),
    ],
    infer: |types| {
        types[2].check_condition()?;
        Ok(types[0].selected(&types[1]))
    },
    run: Run::Select,
}];

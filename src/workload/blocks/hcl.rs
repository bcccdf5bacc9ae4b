//! HCL.

use std::ops::Range;

use hcl_edit::expr::{Expression as Hcl, ObjectKey, TraversalOperator};
use hcl_edit::parser::{self, parse_body};
use hcl_edit::structure::{self, BlockLabel, Structure};
use hcl_edit::template::{Element, StringTemplate, Template};
use hcl_edit::{Span, template::Strip};

use super::syntax::{Block, Expression, Form, Part, matters};
use super::{Damage, Place};

/// The blocks of a file.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Block>, Damage> {
    let body = body(file, text)?;
    let source = Source { file, text };
    let blocks = body.iter().filter_map(Structure::as_block);
    Ok(blocks.filter(|block| matters(&block.ident)).map(|block| source.block(block)).collect())
}

/// The attributes of a file of variable values.
pub(super) fn values(file: &str, text: &str) -> Result<Vec<(String, Expression)>, Damage> {
    let body = body(file, text)?;
    Ok(Source { file, text }.attributes(&body))
}

/// A string that may hold a template, as JSON has them.
pub(super) fn template(text: &str) -> Form {
    if !text.contains("${") && !text.contains("%{") {
        return Form::Text(text.to_owned());
    }
    match text.parse::<Template>() {
        Ok(template) => Source { file: "", text }.parts(template.iter()),
        Err(_) => Form::Other,
    }
}

fn body(file: &str, text: &str) -> Result<structure::Body, Damage> {
    parse_body(text).map_err(|error| damage(file, &error))
}

/// The parser's own text would show the whole line, and a line may hold a secret.
fn damage(file: &str, error: &parser::Error) -> Damage {
    let at = error.location();
    let place = Place { file: file.to_owned(), at: Some((at.line(), at.column())) };
    Damage::Text { place, message: error.message().replace('\n', ", ") }
}

struct Source<'t> {
    file: &'t str,
    text: &'t str,
}

impl Source<'_> {
    fn block(&self, block: &structure::Block) -> Block {
        let label = |label: &BlockLabel| match label {
            BlockLabel::Ident(name) => name.as_str().to_owned(),
            BlockLabel::String(name) => name.as_str().to_owned(),
        };
        let blocks = block.body.iter().filter_map(Structure::as_block);
        let mut attributes = self.attributes(&block.body);
        if block.ident.as_str() == "variable" {
            self.write_type(&block.body, &mut attributes);
        }
        Block {
            kind: block.ident.as_str().to_owned(),
            labels: block.labels.iter().map(label).collect(),
            attributes,
            blocks: blocks.map(|inner| self.block(inner)).collect(),
            place: self.place(block.ident.span()),
        }
    }

    /// A type is no expression that has a value: it is kept as its text, as JSON has it.
    fn write_type(&self, body: &structure::Body, attributes: &mut [(String, Expression)]) {
        let written = body.get_attribute("type").and_then(|attribute| attribute.value.span());
        let text = written.and_then(|span| self.text.get(span));
        let kept = attributes.iter_mut().find(|(name, _)| name == "type");
        if let (Some(text), Some((_, kept))) = (text, kept)
            && kept.literal().is_none()
        {
            kept.form = Form::Text(text.to_owned());
        }
    }

    fn attributes(&self, body: &structure::Body) -> Vec<(String, Expression)> {
        let attributes = body.iter().filter_map(Structure::as_attribute);
        attributes
            .map(|attribute| {
                let name = attribute.key.as_str();
                (name.to_owned(), self.expression(&attribute.value).of_argument(name))
            })
            .collect()
    }

    fn place(&self, span: Option<Range<usize>>) -> Place {
        let before = span.and_then(|span| self.text.get(..span.start));
        let at = before.map(|before| {
            let line = before.rsplit('\n').next().unwrap_or_default();
            (before.matches('\n').count() + 1, line.chars().count() + 1)
        });
        Place { file: self.file.to_owned(), at }
    }

    fn expression(&self, hcl: &Hcl) -> Expression {
        let text = hcl.span().and_then(|span| self.text.get(span)).unwrap_or_default();
        let form = match hcl {
            Hcl::Parenthesis(inner) => return self.expression(inner.inner()),
            Hcl::Null(_) => Form::Null,
            Hcl::Bool(value) => Form::Text(value.to_string()),
            // Others are written by Terraform in a form of its own.
            Hcl::Number(value) if value.value().is_u64() => Form::Text(value.value().to_string()),
            Hcl::Number(_) => Form::Other,
            Hcl::String(value) => Form::Text(value.value().clone()),
            Hcl::Array(array) => {
                Form::List(array.iter().map(|item| self.expression(item)).collect())
            }
            Hcl::Object(object) => {
                let entries = object.iter().map(|(key, value)| {
                    let key = match key {
                        ObjectKey::Ident(name) => name.as_str().to_owned(),
                        ObjectKey::Expression(key) => key.as_str()?.to_owned(),
                    };
                    let value = self.expression(value.expr()).of_argument(&key);
                    Some((key, value))
                });
                entries.collect::<Option<Vec<_>>>().map_or(Form::Other, Form::Object)
            }
            Hcl::StringTemplate(template) => self.string(template),
            Hcl::HeredocTemplate(heredoc) => self.parts(heredoc.template.iter()),
            Hcl::Variable(name) => Form::Reference(vec![name.as_str().to_owned()]),
            Hcl::Traversal(traversal) => {
                let steps = traversal.operators.iter().map(|operator| step(operator));
                match (&traversal.expr, steps.collect::<Option<Vec<String>>>()) {
                    (Hcl::Variable(name), Some(steps)) => {
                        let first = std::iter::once(name.as_str().to_owned());
                        Form::Reference(first.chain(steps).collect())
                    }
                    _ => Form::Other,
                }
            }
            Hcl::Conditional(choice) => Form::Choice(Box::new([
                self.expression(&choice.cond_expr),
                self.expression(&choice.true_expr),
                self.expression(&choice.false_expr),
            ])),
            Hcl::FuncCall(_) | Hcl::UnaryOp(_) | Hcl::BinaryOp(_) | Hcl::ForExpr(_) => Form::Other,
        };
        Expression::new(text, form)
    }

    fn string(&self, template: &StringTemplate) -> Form {
        self.parts(template.iter())
    }

    /// A template; `"${x}"` is `x` itself, whatever that is.
    fn parts<'e>(&self, elements: impl Iterator<Item = &'e Element>) -> Form {
        let parts: Option<Vec<Part>> = elements
            .map(|element| match element {
                Element::Literal(text) => Some(Part::Literal(text.value().clone())),
                Element::Interpolation(value) if value.strip == Strip::None => {
                    Some(Part::Value(self.expression(&value.expr)))
                }
                Element::Interpolation(_) | Element::Directive(_) => None,
            })
            .collect();
        match parts {
            None => Form::Other,
            Some(mut parts) => match (parts.pop(), parts.is_empty()) {
                (Some(Part::Value(only)), true) => only.form,
                (Some(Part::Literal(only)), true) => Form::Text(only),
                (None, _) => Form::Text(String::new()),
                (Some(last), false) => {
                    parts.push(last);
                    Form::Template(parts)
                }
            },
        }
    }
}

fn step(operator: &TraversalOperator) -> Option<String> {
    match operator {
        TraversalOperator::GetAttr(name) => Some(name.as_str().to_owned()),
        TraversalOperator::LegacyIndex(index) => Some(index.to_string()),
        TraversalOperator::Index(Hcl::String(key)) => Some(key.value().clone()),
        TraversalOperator::Index(Hcl::Number(index)) => Some(index.value().to_string()),
        TraversalOperator::Index(_)
        | TraversalOperator::AttrSplat(_)
        | TraversalOperator::FullSplat(_) => None,
    }
}

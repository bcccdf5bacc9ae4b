//! From cleaned text to failures: which wording stands where, and what wraps it.

use std::ops::Range;

use regex::{Captures, Regex};

use super::catalogue::{Catalogue, Entry, Matcher, Wrapper, catalogue};
use super::source::Source;
use super::{Named, ParsedFailure, Tool, redact};

/// How far, in bytes, a wrapping may stand from its message.
const NEAR: usize = 240;
/// How many paragraphs may stand between Terraform's role and the error of STS.
const PARAGRAPHS: usize = 12;
/// How long a kept message may be, in characters.
const MESSAGE: usize = 600;

/// Something that was recognised at a place.
struct At<'t, T: 'static> {
    range: Range<usize>,
    what: &'static T,
    pattern: &'static Regex,
    groups: Captures<'t>,
}

/// A wording with its wrapping.
struct Core {
    /// The message.
    message: Range<usize>,
    /// Message and wrapping.
    whole: Range<usize>,
    failure: ParsedFailure,
}

/// Every failure in the text, in its order; spans lead back to the original.
pub(super) fn find(source: &Source) -> Vec<ParsedFailure> {
    let text = source.text();
    let all = catalogue();
    let headers = places(&all.headers, text);
    let trailers = places(&all.trailers, text);
    let markers = places(&all.markers, text);
    let mut cores = Vec::new();
    let mut used = vec![false; headers.len()];
    let masked = masked(text, &trailers);
    let worded = places(&all.worded, &masked);
    let mut before = 0;
    for (index, found) in worded.iter().enumerate() {
        let after = worded.get(index + 1).map_or(text.len(), |next| next.range.start);
        let mut core = Core {
            message: found.range.clone(),
            whole: found.range.clone(),
            failure: ParsedFailure::new(found.what),
        };
        describe(&mut core.failure, found);
        core.failure.resource_joined = joined(source, found);
        let header = headers.iter().rposition(|header| {
            header.range.start >= before && near(text, header.range.end, found.range.start)
        });
        let trailer = trailers.iter().find(|trailer| {
            trailer.range.start <= after && near(text, found.range.end, trailer.range.start)
        });
        if let Some(header) = header.and_then(|index| {
            *used.get_mut(index)? = true;
            headers.get(index)
        }) {
            core.wrap(header);
        } else {
            core.wrap_in_bare_code(text, trailer.is_some());
        }
        if let Some(trailer) = trailer {
            core.wrap(trailer);
        }
        before = found.range.end;
        cores.push(core);
    }
    let rust_sts = text.contains("aws_sdk_sts");
    for (header, _) in headers.iter().zip(&used).filter(|(_, used)| !**used) {
        let end = paragraph_end(text, header.range.end);
        let stop = trailers
            .iter()
            .map(|trailer| trailer.range.start)
            .chain(headers.iter().map(|other| other.range.start))
            .find(|start| (header.range.end..end).contains(start));
        let message = header.range.end..stop.unwrap_or(end);
        if let Some(mut core) = unworded(all, text, header, message, rust_sts) {
            let trailer = trailers.iter().find(|trailer| Some(trailer.range.start) == stop);
            if let Some(trailer) = trailer {
                core.wrap(trailer);
            }
            cores.push(core);
        }
    }
    cores.sort_by_key(|core| core.message.start);
    for core in &mut cores {
        core.mark(text, &markers);
    }
    let mut found = frame(text, &places(&all.frames, text), cores);
    let javascript = text.contains("client-sts");
    let terraform = ["hashicorp/aws", "Terraform v", "TFC_", "Terraform Cloud", "HCP Terraform"]
        .iter()
        .any(|mark| text.contains(mark));
    for core in &mut found {
        let tool = &mut core.failure.tool;
        if terraform && matches!(tool, None | Some(Tool::SdkGoV1 | Tool::SdkGoV2)) {
            *tool = Some(Tool::Terraform);
        } else if javascript && tool.is_none() {
            *tool = Some(Tool::SdkJavascript);
            core.failure.wrappers.push("W5".to_owned());
        }
    }
    mark_innermost(text, &mut found);
    found
        .into_iter()
        .map(|core| ParsedFailure { span: source.origin(&core.whole), ..core.failure })
        .collect()
}

/// What a message is, given its code and operation apart, as records give them.
pub(super) fn classify(code: &str, operation: Option<&str>, message: &str) -> ParsedFailure {
    let all = catalogue();
    let source = Source::new(message).clean().join();
    let text = source.text();
    if let Some(found) = places(&all.worded, text).first() {
        let mut failure = ParsedFailure::new(found.what);
        describe(&mut failure, found);
        return failure;
    }
    let code = plain_code(code);
    let named = |entry: &Entry| entry.codes.iter().any(|known| known == code);
    let coded = by_code(all, code, text).or_else(|| {
        all.fallbacks
            .iter()
            .find(|entry| named(entry) && entry.operation.as_deref() == operation)
            .copied()
    });
    let mut failure = ParsedFailure::new(coded.unwrap_or(all.unknown));
    failure.message = shorten(text);
    failure
}

/// A code without the suffix `Exception`. `ExpiredTokenException` keeps it: the web identity
/// token has expired, where `ExpiredToken` speaks of the caller's session.
pub(super) fn plain_code(code: &str) -> &str {
    let code = code.trim().rsplit('.').next().unwrap_or(code);
    if code == "ExpiredTokenException" {
        return code;
    }
    code.strip_suffix("Exception").filter(|code| !code.is_empty()).unwrap_or(code)
}

/// Where the patterns match: the earliest first, of those that overlap the longest, of those
/// that are equally long the one that stands first in the file.
fn places<'t, T>(matchers: &'static [Matcher<T>], text: &'t str) -> Vec<At<'t, T>> {
    let mut found: Vec<At<'t, T>> = Vec::new();
    for (pattern, what) in matchers {
        for groups in pattern.captures_iter(text) {
            let Some(whole) = groups.get(0).filter(|whole| !whole.is_empty()) else { continue };
            found.push(At { range: whole.range(), what, pattern, groups });
        }
    }
    found.sort_by_key(|at| (at.range.start, std::cmp::Reverse(at.range.end)));
    let mut end = 0;
    found.retain(|at| {
        let free = at.range.start >= end;
        if free {
            end = at.range.end;
        }
        free
    });
    found
}

/// Whether `from` and `to` stand in the same paragraph, in this order and close together.
fn near(text: &str, from: usize, to: usize) -> bool {
    from <= to
        && to - from <= NEAR
        && text.get(from..to).is_some_and(|between| !between.contains('\n'))
}

/// `text` with line feeds in place of trailers, so that no message runs into one.
fn masked(text: &str, trailers: &[At<'_, Wrapper>]) -> String {
    let mut masked = String::with_capacity(text.len());
    for trailer in trailers {
        masked.push_str(text.get(masked.len()..trailer.range.start).unwrap_or_default());
        masked.extend(std::iter::repeat_n('\n', trailer.range.len()));
    }
    masked.push_str(text.get(masked.len()..).unwrap_or_default());
    masked
}

fn paragraph_end(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| from + at)
}

fn shorten(text: &str) -> String {
    let text = text.trim();
    let kept =
        text.char_indices().nth(MESSAGE).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
    redact(kept).into_owned()
}

/// Takes what a wording tells.
fn describe(failure: &mut ParsedFailure, found: &At<'_, Entry>) {
    failure.message = found.groups.get(0).map(|all| shorten(all.as_str())).unwrap_or_default();
    assign(failure, found);
}

/// The resource with what the next line goes on with, where a line ends with the resource and
/// the message with both.
fn joined(source: &Source, found: &At<'_, Entry>) -> Option<Named> {
    let resource = found.groups.name("resource")?;
    if found.range.end != resource.end() {
        return None;
    }
    let word = source.continued(resource.end())?;
    let joined = Named::new(&format!("{}{word}", resource.as_str()));
    joined.arn().is_some().then_some(joined)
}

/// Takes what the named groups of a pattern tell; those that have no field go to the details.
fn assign<T>(failure: &mut ParsedFailure, found: &At<'_, T>) {
    for name in found.pattern.capture_names().flatten() {
        let Some(text) = found.groups.name(name).map(|group| group.as_str()) else { continue };
        let owned = || text.trim().to_owned();
        match name {
            "code" => failure.code = Some(plain_code(text).to_owned()),
            "operation" => failure.operation = Some(owned()),
            "http_status" => failure.http_status = text.parse().ok(),
            "request_id" if !text.is_empty() => failure.request_id = Some(owned()),
            "action" => failure.action = Some(owned()),
            "caller" => failure.caller = Some(Named::new(text)),
            "resource" => failure.resource = Some(Named::new(text)),
            // Its brackets show where it ends, wherever a line was broken; it holds no blank.
            "configured_role" => {
                let whole: String = text.split_whitespace().collect();
                failure.configured_role = Some(Named::new(&whole));
            }
            "policy" | "policy_after" => failure.policy_arn = Some(Named::new(text)),
            "issuer" => {
                let issuer = text.trim_end_matches(['.', ',', ';', ':', ')', '"', '\'']);
                failure.issuer = Some(issuer.to_owned());
            }
            "service" | "request_id" => {}
            other => {
                failure.details.insert(other.to_owned(), shorten(text));
            }
        }
    }
}

impl Core {
    fn wrap(&mut self, wrapping: &At<'_, Wrapper>) {
        let known = (self.failure.code.take(), self.failure.operation.take());
        assign(&mut self.failure, wrapping);
        self.failure.code = self.failure.code.take().or(known.0);
        self.failure.operation = self.failure.operation.take().or(known.1);
        self.failure.tool = self.failure.tool.or(wrapping.what.tool);
        if !self.failure.wrappers.contains(&wrapping.what.id) {
            self.failure.wrappers.push(wrapping.what.id.clone());
        }
        self.whole.start = self.whole.start.min(wrapping.range.start);
        self.whole.end = self.whole.end.max(wrapping.range.end);
    }

    /// `Code: ` right before the message, as several tools print it.
    fn wrap_in_bare_code(&mut self, text: &str, has_trailer: bool) {
        let before = text.get(..self.message.start).unwrap_or_default();
        let Some(head) = before.trim_end().strip_suffix(':') else { return };
        let start = head.rfind(|char: char| !char.is_ascii_alphanumeric()).map_or(0, |at| {
            at + head.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        });
        let code = plain_code(head.get(start..).unwrap_or_default());
        let known = |name: &String| plain_code(name) == code || name == code;
        if has_trailer && code.len() > 3 || self.failure.entry.codes.iter().any(known) {
            self.failure.code = Some(code.to_owned());
            self.whole.start = start;
        }
    }

    /// Notes what stands before the header, from the outside in.
    fn mark(&mut self, text: &str, markers: &[At<'_, Wrapper>]) {
        let mut start = self.whole.start;
        for marker in markers.iter().rev() {
            if !near(text, marker.range.end, start) {
                continue;
            }
            start = marker.range.start;
            if self.failure.wrappers.first() != Some(&marker.what.id) {
                self.failure.wrappers.insert(0, marker.what.id.clone());
            }
            self.failure.tool = marker.what.tool.or(self.failure.tool);
        }
        self.whole.start = start;
    }
}

fn by_code(all: &Catalogue, code: &str, message: &str) -> Option<&'static Entry> {
    let fits =
        |pattern: &Option<Regex>| pattern.as_ref().is_none_or(|pattern| pattern.is_match(message));
    all.coded
        .iter()
        .find(|(pattern, entry)| {
            entry.codes.iter().any(|known| plain_code(known) == code) && fits(pattern)
        })
        .map(|(_, entry)| *entry)
}

/// A wrapping whose message has no known wording: a failure if it comes from STS.
fn unworded(
    all: &Catalogue,
    text: &str,
    header: &At<'_, Wrapper>,
    message: Range<usize>,
    rust_sts: bool,
) -> Option<Core> {
    let group = |name: &str| header.groups.name(name).map(|group| group.as_str());
    let of_sts = group("service").is_some_and(|service| service.eq_ignore_ascii_case("sts"))
        || group("operation").is_some_and(|name| all.operations.iter().any(|known| known == name))
            && group("service").is_none()
        || header.what.tool == Some(Tool::SdkGoV1)
        || text.get(header.range.clone()).is_some_and(|text| text.contains("sts.amazonaws.com"))
        || rust_sts && header.what.tool == Some(Tool::SdkRust);
    if !of_sts {
        return None;
    }
    let said = text.get(message.clone()).unwrap_or_default();
    let code = plain_code(group("code").unwrap_or_default());
    let entry = by_code(all, code, said).unwrap_or(all.unknown);
    let mut failure = ParsedFailure::new(entry);
    failure.message = shorten(said);
    let trimmed = message.start + said.trim_end().len();
    let whole = message.start..trimmed;
    let mut unknown = Core { message, whole, failure };
    unknown.wrap(header);
    Some(unknown)
}

/// Gives the errors of STS the frame that stands around them; a frame without one is a failure
/// of its own.
fn frame(text: &str, frames: &[At<'_, Entry>], mut cores: Vec<Core>) -> Vec<Core> {
    let mut alone = Vec::new();
    for (index, frame) in frames.iter().enumerate() {
        let next = frames.get(index + 1).map_or(text.len(), |next| next.range.start);
        let mut bound = false;
        let mut line = frame.range.end;
        for paragraph in 0..PARAGRAPHS {
            let end = paragraph_end(text, line).min(next);
            for core in cores.iter_mut().filter(|core| (line..end).contains(&core.message.start)) {
                core.put_in(frame);
                bound = true;
            }
            let said = text.get(line..end).unwrap_or_default();
            let other =
                paragraph > 0 && (said.starts_with("Error: ") || said.starts_with("Warning: "));
            if bound || other || end >= next {
                break;
            }
            line = end + 1;
        }
        // A frame directly before another names the same failure, and one of them is enough.
        let outer = !bound
            && frames.get(index + 1).is_some_and(|inner| {
                frame.groups.name("configured_role").is_none()
                    && inner.range.start - frame.range.end < 4 * NEAR
            });
        if !bound && !outer {
            let mut failure = ParsedFailure::new(frame.what);
            describe(&mut failure, frame);
            failure.tool = Some(Tool::Terraform);
            let range = frame.range.clone();
            alone.push(Core { message: range.clone(), whole: range, failure });
        }
    }
    cores.extend(alone);
    cores.sort_by_key(|core| core.message.start);
    cores
}

impl Core {
    fn put_in(&mut self, frame: &At<'_, Entry>) {
        let message = std::mem::take(&mut self.failure.message);
        let action = self.failure.action.take();
        let operation = self.failure.operation.take();
        assign(&mut self.failure, frame);
        self.failure.message = message;
        self.failure.action = action;
        self.failure.operation = operation;
        self.failure.tool = Some(Tool::Terraform);
        self.failure.wrappers.insert(0, frame.what.id.clone());
    }
}

/// Marks the innermost error of each paragraph: of those that one message nests, the last.
fn mark_innermost(text: &str, cores: &mut [Core]) {
    let mut end = 0;
    let mut innermost: Option<usize> = None;
    let mut chosen = Vec::new();
    for (index, core) in cores.iter().enumerate() {
        if core.message.start > end || innermost.is_none() {
            chosen.extend(innermost.take());
            end = paragraph_end(text, core.message.start);
        }
        if innermost.is_none() || core.failure.id.starts_with('E') {
            innermost = Some(index);
        }
    }
    chosen.extend(innermost);
    for index in chosen {
        if let Some(core) = cores.get_mut(index) {
            core.failure.primary = true;
        }
    }
}

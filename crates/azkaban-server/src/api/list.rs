//! Lists in pages.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{Answer, Problem};

/// Items of a page unless the request says otherwise.
const DEFAULT: usize = 50;
/// Items of a page at most.
const MOST: usize = 200;

/// Which part of a list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Items of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub(crate) limit: Option<usize>,
    /// `nextCursor` of the page before.
    pub(crate) cursor: Option<String>,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page<T> {
    /// The items.
    pub(crate) items: Vec<T>,
    /// For the next page, if there is one.
    pub(crate) next_cursor: Option<String>,
}

impl Paging {
    /// Items of the page.
    pub(crate) fn limit(&self) -> Answer<usize> {
        limit(self.limit, DEFAULT, MOST)
    }

    /// The number in the cursor, if there is one.
    pub(crate) fn position(&self) -> Answer<Option<u64>> {
        let read =
            |cursor: &String| u64::from_str_radix(cursor, 36).ok().filter(|&p| i64::try_from(p).is_ok());
        let cursor = self.cursor.as_ref().filter(|cursor| !cursor.is_empty());
        match cursor.map(read) {
            None => Ok(None),
            Some(Some(position)) => Ok(Some(position)),
            Some(None) => {
                Err(Problem::bad_parameter("cursor", "format", "This cursor comes from no answer."))
            }
        }
    }
}

/// A number of items within bounds.
pub(crate) fn limit(asked: Option<usize>, default: usize, most: usize) -> Answer<usize> {
    match asked.unwrap_or(default) {
        0 => Err(Problem::bad_parameter("limit", "range", "The limit must be at least 1.")),
        n if n > most => {
            Err(Problem::bad_parameter("limit", "range", format!("The limit must be at most {most}.")))
        }
        n => Ok(n),
    }
}

/// The text of a cursor.
pub(crate) fn cursor(position: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let (mut rest, mut text) = (position, Vec::new());
    loop {
        text.push(char::from(DIGITS[(rest % 36) as usize]));
        rest /= 36;
        if rest == 0 {
            return text.into_iter().rev().collect();
        }
    }
}

impl<T> Page<T> {
    /// A page of items that were read with one more than `limit`; `next` gives the cursor after the last shown.
    pub(crate) fn cut(mut items: Vec<T>, limit: usize, next: impl FnOnce(&T) -> u64) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| cursor(next(last)));
        Self { items, next_cursor }
    }

    /// The page of a whole list that is in memory, by places.
    pub(crate) fn of(items: impl Iterator<Item = T>, paging: &Paging) -> Answer<Self> {
        let (limit, start) = (paging.limit()?, paging.position()?.unwrap_or(0));
        let skip = usize::try_from(start).unwrap_or(usize::MAX);
        let items = items.skip(skip).take(limit + 1).collect();
        Ok(Self::cut(items, limit, |_| start + limit as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_without_a_gap() {
        let mut paging = Paging { limit: Some(3), cursor: None };
        let mut seen = Vec::new();
        loop {
            let page = Page::of(0..10, &paging).unwrap();
            seen.extend(page.items);
            match page.next_cursor {
                Some(cursor) => paging.cursor = Some(cursor),
                None => break,
            }
        }
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn cursors_and_limits_out_of_bounds_are_refused() {
        for position in [0, 1, 35, 36, 1_000_000, i64::MAX as u64] {
            let paging = Paging { limit: None, cursor: Some(cursor(position)) };
            assert_eq!(paging.position().unwrap(), Some(position));
        }
        for bad in ["-1", "?", "zzzzzzzzzzzzzzzzz", "3w5e11264sgsf"] {
            assert!(Paging { limit: None, cursor: Some(bad.to_owned()) }.position().is_err(), "{bad}");
        }
        assert!(Paging { limit: Some(0), cursor: None }.limit().is_err());
        assert!(Paging { limit: Some(201), cursor: None }.limit().is_err());
    }
}

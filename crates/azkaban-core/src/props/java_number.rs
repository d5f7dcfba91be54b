//! Floating-point numbers as Java prints them: job outputs and expressions show them to users
//! (projects-and-jobs §5.4, §5.6).

/// `Double.toString`: always with a decimal point, with an exponent outside 10⁻³…10⁷.
pub(super) fn double_text(value: f64) -> String {
    if value.is_finite() { layout(&format!("{value:e}")) } else { special(value).to_owned() }
}

/// `Float.toString`.
pub(super) fn float_text(value: f32) -> String {
    if value.is_finite() { layout(&format!("{value:e}")) } else { special(f64::from(value)).to_owned() }
}

fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Java's layout of a number given as `d.ddde±x` with the fewest digits.
fn layout(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    if !(-3..7).contains(&exponent) {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        return format!("{sign}{first}.{rest}E{exponent}");
    }
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = exponent as usize + 1;
    if digits.len() > whole {
        format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
    } else {
        format!("{sign}{digits}{}.0", "0".repeat(whole - digits.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_look_like_java() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.1, "1.1"),
            (1000.0, "1000.0"),
            (1234567.5, "1234567.5"),
            (9999999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1.25e-3, "0.00125"),
            (9.5e-4, "9.5E-4"),
            (-1.5e30, "-1.5E30"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double_text(value), expected);
        }
        assert_eq!(float_text(1.123_456_8), "1.1234568");
        assert_eq!(float_text(0.1), "0.1");
    }
}

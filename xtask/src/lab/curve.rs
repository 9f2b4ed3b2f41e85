//! Goodput over load, as a picture.

use std::fmt::Write as _;

use super::measured::Measured;
use super::plan::Work;
use super::server::Product;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 50.0;

/// The picture's ends: in parts of what the server can do, and in per cent of it.
const LOADS: (f64, f64) = (1.0, 10.0);
const GOODPUT_MAX: f64 = 110.0;

/// An SVG of all servers under one kind of work.
pub(crate) fn svg(work: Work, servers: &[(Product, Measured)]) -> String {
    let title = match work {
        Work::Cpu => "Served in time, when more comes than the processor can do",
        Work::Io => "Served in time, when more comes than the backend can do",
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"13\" fill=\"#333\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n"
    );
    text(&mut svg, (LEFT, 24.0), "start", title);
    axes(&mut svg);
    for (number, (product, measured)) in (0_u8..).zip(servers) {
        line(&mut svg, *product, measured);
        legend(&mut svg, *product, f64::from(number));
    }
    svg.push_str("</svg>\n");
    svg
}

fn axes(svg: &mut String) {
    for goodput in [0.0, 20.0, 40.0, 60.0, 80.0, 100.0] {
        let height = y(goodput);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {height:.1}H{:.1}\" stroke=\"#ddd\" fill=\"none\"/>",
            WIDTH - RIGHT
        );
        text(svg, (LEFT - 8.0, height + 4.0), "end", &format!("{goodput} %"));
    }
    for load in [1.0, 1.2, 2.0, 5.0, 10.0] {
        text(svg, (x(load), HEIGHT - BOTTOM + 18.0), "middle", &load.to_string());
    }
    let middle = (LEFT + WIDTH - RIGHT) / 2.0;
    text(svg, (middle, HEIGHT - 10.0), "middle", "load, in parts of what the server can do");
}

fn line(svg: &mut String, product: Product, measured: &Measured) {
    let points: Vec<String> = measured
        .points
        .iter()
        .map(|point| format!("{:.1},{:.1}", x(point.times), y(point.goodput)))
        .collect();
    let (colour, width) = style(product);
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" \
         stroke-linejoin=\"round\"/>",
        points.join(" ")
    );
}

fn legend(svg: &mut String, product: Product, number: f64) {
    let (colour, width) = style(product);
    let (left, height) = (LEFT + 160.0 * number, TOP - 6.0);
    let _ = writeln!(
        svg,
        "<path d=\"M{left} {height}h24\" stroke=\"{colour}\" stroke-width=\"{width}\" fill=\"none\"/>"
    );
    text(svg, (left + 30.0, height + 4.0), "start", product.name());
}

/// Colours that are told apart by those who see few (Okabe and Ito, 2008).
const fn style(product: Product) -> (&'static str, f64) {
    match product {
        Product::Guard => ("#0072b2", 4.0),
        Product::GoZero => ("#d55e00", 2.0),
        Product::Cap => ("#009e73", 2.0),
        Product::Unprotected => ("#777777", 2.0),
    }
}

fn text(svg: &mut String, at: (f64, f64), anchor: &str, text: &str) {
    let (left, height) = at;
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{height:.1}\" text-anchor=\"{anchor}\">{text}</text>"
    );
}

/// On a scale on which twice as much is always as far.
fn x(load: f64) -> f64 {
    let (least, most) = LOADS;
    let part = (load / least).ln() / (most / least).ln();
    LEFT + 10.0 + part * (WIDTH - LEFT - RIGHT - 30.0)
}

fn y(goodput: f64) -> f64 {
    let part = (goodput / GOODPUT_MAX).clamp(0.0, 1.0);
    HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM - 10.0)
}

#[cfg(test)]
mod tests {
    use super::super::measured::Point;
    use super::*;

    #[test]
    fn every_server_has_a_line_and_a_name() {
        let point = |times| Point {
            times,
            goodput: 80.0,
            p99_ms: 1.0,
            p99_at_first_ms: 1.0,
            recovered_ms: 0.0,
        };
        let points = vec![point(1.2), point(10.0)];
        let measured = Measured { peak: 1.0, unloaded_p99_ms: 1.0, points };
        let servers = Product::ALL.map(|product| (product, measured.clone()));
        let svg = svg(Work::Cpu, &servers);
        assert_eq!(svg.matches("<polyline").count(), servers.len());
        assert!(servers.iter().all(|(product, _)| svg.contains(product.name())));
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn more_is_further_right_and_better_is_higher() {
        assert!(x(1.2) < x(2.0) && x(10.0) <= WIDTH - RIGHT);
        assert!(y(100.0) < y(80.0) && y(500.0) >= TOP && y(0.0) <= HEIGHT - BOTTOM);
    }
}

//! Points, sizes and boxes, in pixels.

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Point {
    pub x: f64,
    pub y: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Size {
    pub width: f64,
    pub height: f64,
}

/// A box by its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

/// What is around everything that was added.
#[derive(Default)]
pub(super) struct Bounds(pub Option<Rect>);

impl Bounds {
    pub fn add(&mut self, rect: Rect) {
        let Some(bounds) = &mut self.0 else {
            self.0 = Some(rect);
            return;
        };
        let right = bounds.right().max(rect.right());
        let bottom = bounds.bottom().max(rect.bottom());
        bounds.x = bounds.x.min(rect.x);
        bounds.y = bounds.y.min(rect.y);
        bounds.width = right - bounds.x;
        bounds.height = bottom - bounds.y;
    }
}

impl Point {
    pub fn shift(&mut self, by: Self) {
        self.x += by.x;
        self.y += by.y;
    }

    pub fn distance(self, other: Self) -> f64 {
        (other.x - self.x).hypot(other.y - self.y)
    }

    /// The point so far from here on the way to another.
    pub fn toward(self, other: Self, far: f64) -> Self {
        let whole = self.distance(other);
        let part = if whole > 0.0 { far / whole } else { 0.0 };
        Self {
            x: self.x + (other.x - self.x) * part,
            y: self.y + (other.y - self.y) * part,
        }
    }
}

impl Size {
    pub fn square(side: f64) -> Self {
        Self {
            width: side,
            height: side,
        }
    }
}

impl Rect {
    pub fn around(middle: Point, size: Size) -> Self {
        Self {
            x: middle.x - size.width / 2.0,
            y: middle.y - size.height / 2.0,
            width: size.width,
            height: size.height,
        }
    }

    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    pub fn middle(&self) -> Point {
        Point {
            x: self.x + self.width / 2.0,
            y: self.y + self.height / 2.0,
        }
    }

    pub fn size(&self) -> Size {
        Size {
            width: self.width,
            height: self.height,
        }
    }

    pub fn shift(&mut self, by: Point) {
        self.x += by.x;
        self.y += by.y;
    }
}

"""Value, backtest and their statistics: draws, frames and plain numbers in, frozen results out; no sampler here."""

"""Money: steps, holds, budgets, statements."""

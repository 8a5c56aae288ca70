"""Who a visitor is, how they sign in, and which role each route needs."""

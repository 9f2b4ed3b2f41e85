mod guarded;
#[cfg(feature = "io-mongodb")]
mod mongodb;
#[cfg(feature = "io-mysql")]
mod mysql_async;
#[cfg(feature = "io-redis")]
mod redis;
#[cfg(feature = "io-sqlx")]
mod sqlx;

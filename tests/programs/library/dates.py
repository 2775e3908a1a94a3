# datetime, calendar, time: arithmetic, formatting, parsing, zones, errors.
import calendar
import datetime as dt
import pickle
import time

d, t = dt.date(2024, 2, 29), dt.time(13, 5, 7, 89)
moment = dt.datetime(2024, 2, 29, 13, 5, 7, 89012)
zone = dt.timezone(dt.timedelta(hours=5, minutes=30), "IST")
aware = moment.replace(tzinfo=zone)
print(d, t, moment, aware, repr(d), repr(t), repr(moment), repr(aware), sep=" | ")
print(d.weekday(), d.isoweekday(), tuple(d.isocalendar()), d.toordinal(), d.timetuple(), d.ctime(), d.replace(year=2028), d + dt.timedelta(days=366), d - dt.date(2023, 3, 1), dt.date.fromordinal(738945), dt.date.fromisocalendar(2024, 9, 4))
print(aware.utcoffset(), aware.astimezone(dt.timezone.utc), aware.timestamp(), dt.datetime.fromtimestamp(1e9, dt.timezone.utc), aware.tzname(), aware == aware.astimezone(dt.timezone.utc), hash(aware) == hash(aware.astimezone(dt.timezone.utc)), aware.isoformat(" ", "minutes"), moment.isoformat(timespec="milliseconds"), aware.utctimetuple()[:6], t.replace(fold=1), aware.timetz())
for form in ("%Y-%m-%d %H:%M:%S.%f", "%a %A %b %B", "%d/%m/%y %I:%M %p", "%j %U %W %w %u %G %V", "%z %Z %:z", "%c | %x | %X", "%% %C %e %D %F %T %R %h %n%t"):
    print(form, aware.strftime(form), d.strftime(form.replace("%:z", "")), f"{t:%H-%M}")
for text, form in (("2024-02-29 13:05", "%Y-%m-%d %H:%M"), ("29 Feb 24 1:05 PM", "%d %b %y %I:%M %p"), ("Thursday 060 2024", "%A %j %Y"), ("12:00:00.5 +0530", "%H:%M:%S.%f %z"), ("2024 9 4", "%G %V %u"), ("x", "%Y"), ("2024-02-30", "%Y-%m-%d"), ("2024", "%Y %m"), ("2024 rest", "%Y"), ("1", "%Q")):
    try:
        print(dt.datetime.strptime(text, form))
    except ValueError as error:
        print("ValueError")
for text in ("2024-02-29", "20240229", "2024-W09-4", "2024-02-29T13:05:07", "2024-02-29 13:05:07.089+05:30", "2024-02-29T13:05Z", "20240229T130507", "2024-02-30", "24-1-1", "", "2024-02-29T25:00", "2024-02-29T13:05:07,5", "2024-13-01"):
    for kind in (dt.datetime, dt.date):
        try:
            print(kind.__name__, repr(kind.fromisoformat(text)))
        except ValueError as error:
            print("ValueError")
delta = dt.timedelta(days=-1, hours=5, seconds=1.5, weeks=2, microseconds=3)
print(delta, repr(delta), delta.total_seconds(), -delta, abs(-delta), delta * 2, delta / 3, delta // dt.timedelta(hours=1), divmod(delta, dt.timedelta(days=2)), delta % dt.timedelta(hours=7), delta * 1.5, dt.timedelta(0), bool(dt.timedelta()), dt.timedelta.max, dt.timedelta.resolution, repr(dt.timedelta(microseconds=-1)), dt.timedelta(1) > dt.timedelta(hours=23), sum([delta, delta], dt.timedelta()))
for bad in (lambda: dt.date(2023, 2, 29), lambda: dt.date(0, 1, 1), lambda: dt.time(24), lambda: dt.datetime(2024, 1, 1, 0, 60), lambda: moment - aware, lambda: moment < aware, lambda: d < moment, lambda: d + 1, lambda: dt.timedelta(days=10**10), lambda: dt.date.max + dt.timedelta(1), lambda: dt.date(2024, "a", 1), lambda: dt.timezone(dt.timedelta(days=1)),
            lambda: dt.timedelta(1) / 0, lambda: dt.datetime(2024, 1, 1, tzinfo=5), lambda: dt.date(), lambda: dt.datetime.fromtimestamp(1e20), lambda: dt.time(1) < dt.time(2, tzinfo=zone), lambda: d == moment, lambda: moment == aware, lambda: dt.datetime.combine(d, t, zone), lambda: dt.timedelta("x"), lambda: delta + 5):
    try:
        print(repr(bad()))
    except Exception as error:
        print(type(error).__name__)


class Zone(dt.tzinfo):
    def utcoffset(self, when):
        return dt.timedelta(hours=2 if when and 3 < when.month < 11 else 1)

    def dst(self, when):
        return self.utcoffset(when) - dt.timedelta(hours=1)

    def tzname(self, when):
        return "summer" if self.dst(when) else "winter"

    def __repr__(self):
        return "Zone()"


summer = dt.datetime(2024, 7, 1, 12, tzinfo=Zone())
print(summer, summer.tzname(), summer.dst(), summer.astimezone(dt.timezone.utc), dt.datetime(2024, 12, 1, tzinfo=dt.timezone.utc).astimezone(Zone()), repr(summer), summer - aware, dt.timezone.utc, repr(zone), zone)
for value in (d, t, moment, aware, delta, zone):
    print(pickle.loads(pickle.dumps(value)) == value, end=" ")
print(calendar.month(2024, 2), calendar.isleap(1900), calendar.monthrange(2024, 2), calendar.TextCalendar(6).formatweek([(1, 5), (2, 6)], 3), calendar.timegm((2001, 9, 9, 1, 46, 40)), list(calendar.day_abbr))
print(time.gmtime(0), time.strftime("%Y %j", time.gmtime(86400 * 365)), time.asctime(time.gmtime(1e9)), time.strptime("10 Nov 2023", "%d %b %Y"), time.struct_time(range(9)).tm_yday, time.mktime((2000, 1, 1, 0, 0, 0, 0, 0, 0)) == 946684800)

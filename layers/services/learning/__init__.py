"""The community school (社区学校): courses, their timetable, who has a place and who waits, who came."""

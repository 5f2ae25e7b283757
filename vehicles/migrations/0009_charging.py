from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0008_trip_stories")]
    operations = []
